/** A line chart without axes, as wide as its container. */
export function Spark({ values, max }: { readonly values: readonly (number | null)[]; readonly max?: number }) {
  const most = Math.max(1e-9, max ?? 0, ...values.map((value) => value ?? 0));
  const step = 100 / Math.max(1, values.length - 1);
  const points = values.flatMap((value, index) =>
    value === null ? [] : [`${(index * step).toFixed(1)},${(24 - (value / most) * 22).toFixed(1)}`],
  );
  return (
    <svg class="spark" viewBox="0 0 100 25" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  );
}
