/** Milliseconds as text with a unit, to three digits. */
export function formatMs(ms: number): string {
  if (ms < 1) return `${trimmed(ms * 1_000)} µs`;
  if (ms < 1_000) return `${trimmed(ms)} ms`;
  return ms < 120_000 ? `${trimmed(ms / 1_000)} s` : `${trimmed(ms / 60_000)} min`;
}

const trimmed = (value: number): string => String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
