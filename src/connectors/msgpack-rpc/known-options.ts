/** Throws a `TypeError` for an option there is none of: one that is misspelt, or not there yet, must not be passed over in silence. */
export function checkOptions(taker: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new TypeError(`${taker} has no option ${unknown.join(', ')}. It has ${known.join(', ')}.`);
}
