const reserved = new WeakMap<object, Set<string>>();

/** Reserves a label, so that concurrent loads on one pool can be told apart: `stress`, `stress 2`, and so on. */
export function reserveLabel(pool: object, wanted: string): string {
  const labels = reserved.get(pool) ?? new Set();
  reserved.set(pool, labels);
  let label = wanted;
  for (let n = 2; labels.has(label); n++) label = `${wanted} ${n}`;
  labels.add(label);
  return label;
}

export function releaseLabel(pool: object, label: string): void {
  reserved.get(pool)?.delete(label);
}
