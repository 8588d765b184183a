/** A duration for people: two digits are enough to act on. */
export function time(ms: number): string {
  if (ms < 1) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${tenth(ms / 1_000)} s`;
  return ms < 7_200_000 ? `${tenth(ms / 60_000)} min` : `${tenth(ms / 3_600_000)} h`;
}

const tenth = (value: number): string => String(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));

/** `1 caller waits`, `3 callers wait`. */
export const callersWait = (count: number): string =>
  count === 0 ? 'no caller waits' : `${count} ${count === 1 ? 'caller waits' : 'callers wait'}`;

export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

export const rate = (perSecond: number): string =>
  perSecond >= 10 ? String(Math.round(perSecond)) : String(Number(perSecond.toPrecision(2)));

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** A label in a sentence: the end of a long one is left out, so that the rest is read. */
export const quoted = (label: string): string => `'${short(label, 60)}'`;

/** Not so long that what is to be done is not read any more. */
export const short = (text: string, length = 160): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;
