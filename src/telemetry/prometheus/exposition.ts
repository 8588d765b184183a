import type { Histogram } from '../../pool/metrics/histogram';
import type { Family, ObservedPool } from './families';
import { families } from './families';

export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

export interface LabelledPool {
  readonly labels: Labels;
  readonly at: ObservedPool;
}

/** One line of the exposition. */
export interface Line {
  readonly metricName: string;
  readonly labels: Labels;
  readonly value: number;
}

/** Everything in Prometheus's text format, HELP and TYPE once for each name. */
export function expositionOf(pools: readonly LabelledPool[], prefix: string, buckets: readonly number[]): string {
  const parts: string[] = [];
  for (const family of families) {
    const name = prefix + family.name;
    parts.push(`# HELP ${name} ${family.help}\n# TYPE ${name} ${family.type}\n`);
    for (const { metricName, labels, value } of samplesOf(family, pools, name, buckets)) {
      parts.push(`${metricName}{${labelsText(labels)}} ${value}\n`);
    }
  }
  return parts.join('');
}

export function samplesOf(
  family: Family,
  pools: readonly LabelledPool[],
  name: string,
  buckets: readonly number[],
): readonly Line[] {
  return pools.flatMap(({ labels, at }) =>
    family.type === 'histogram'
      ? bucketsOf(family.histogramOf(at), name, labels, buckets)
      : family.samplesOf(at).map(([own, value]): Line => ({ metricName: name, labels: { ...labels, ...own }, value })),
  );
}

function bucketsOf(histogram: Histogram, name: string, labels: Labels, buckets: readonly number[]): readonly Line[] {
  const { count, sum } = histogram;
  const line = (le: string, value: number): Line => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value,
  });
  return [
    ...buckets.map((bound) => line(String(bound), histogram.countUpTo(bound * 1_000))),
    line('+Inf', count),
    { metricName: `${name}_sum`, labels, value: sum / 1_000 },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** `pool="orders",state="idle"` */
export const labelsText = (labels: Labels): string =>
  Object.entries(labels)
    .map(
      ([name, value]) =>
        `${name}="${value.replace(/[\\"\n]/g, (letter) => (letter === '\n' ? '\\n' : `\\${letter}`))}"`,
    )
    .join(',');
