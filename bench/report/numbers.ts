/** Rounds to the significant digits. */
export function shown(value: number, digits?: number): string {
  if (Number.isNaN(value)) return '–';
  const fraction = digits ?? (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
  return value.toLocaleString('en-US', { minimumFractionDigits: fraction, maximumFractionDigits: fraction });
}

/** A figure and its unit: `3.2×`, `540 bytes`. */
export const withUnit = (value: number, unit: string): string =>
  `${shown(value, unit === '' ? 0 : undefined)}${Number.isNaN(value) ? '' : unit}`;

/** A value on an axis: `10`, `10 k`, `1 M`. */
export function short(value: number): string {
  for (const [unit, size] of [
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (value >= size) return `${Number((value / size).toPrecision(3))} ${unit}`;
  }
  return String(Number(value.toPrecision(3)));
}
