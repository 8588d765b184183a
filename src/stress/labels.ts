const taken = new WeakMap<object, Set<string>>();

/** Loads on the same pool at the same time tell their leases apart: `stress`, `stress 2`, and so on. */
export function takeLabel(pool: object, wanted: string): string {
  const labels = taken.get(pool) ?? new Set();
  taken.set(pool, labels);
  let label = wanted;
  for (let n = 2; labels.has(label); n++) label = `${wanted} ${n}`;
  labels.add(label);
  return label;
}

export function giveLabelBack(pool: object, label: string): void {
  taken.get(pool)?.delete(label);
}
