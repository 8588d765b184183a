import type { PoolHistory } from '../frames';
import { time, words } from './format';
import { worstFirst } from '../series';
import { Spark } from './spark';
import { Badge } from './summary';
import { Text } from './text';

interface OverviewProps {
  readonly pools: readonly PoolHistory[];
  readonly selected: number;
  /** The date that is shown; null: now. */
  readonly at: number | null;
  readonly onSelect: (index: number) => void;
}

/** Up to this number of pools, each has a row of full height; with more, a pool without a trouble has a line. */
const mostFull = 6;

/** `33 pools: 3 too small, 30 healthy`. */
function countsOf(pools: readonly PoolHistory[]): string {
  const counts = new Map<string, number>();
  for (const { frames } of pools) {
    const condition = frames.at(-1)?.diagnosis.condition;
    const word = condition === undefined ? 'not seen yet' : (words[condition] ?? condition);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return `${pools.length} pools: ${[...counts].map(([word, count]) => `${count} ${word}`).join(', ')}`;
}

/** Several pools, one row each, the worst first. */
export function Overview({ pools, selected, at, onSelect }: OverviewProps) {
  const upTo = pools.map(({ name, frames }) => ({
    name,
    frames: at === null ? frames : frames.filter((frame) => frame.at <= at + 500),
  }));
  const rows = upTo.map((pool, index) => ({ pool, index })).sort((a, b) => worstFirst(a.pool, b.pool));
  const isMany = pools.length > mostFull;
  return (
    <>
      {isMany && <p class="counts">{countsOf(rows.map(({ pool }) => pool))}</p>}
      <section class={isMany ? 'overview many' : 'overview'} aria-label={`${pools.length} pools, worst first`}>
        {rows.map(({ pool: { name, frames }, index }) => {
          const last = frames.at(-1);
          if (last === undefined) {
            return (
              <button type="button" key={index} class="row" onClick={() => onSelect(index)}>
                <b class="name">{name}</b> <span class="dim">nothing yet</span>
              </button>
            );
          }
          const { stats, diagnosis, wait } = last;
          const short = frames.slice(-60);
          return (
            <button
              type="button"
              key={index}
              class={`row ${diagnosis.severity}`}
              aria-pressed={index === selected}
              onClick={() => onSelect(index)}
            >
              <span class="title">
                <Badge severity={diagnosis.severity} condition={diagnosis.condition} />
                <b class="name" title={name} dir="auto">
                  {name}
                </b>
              </span>
              <span class="text">
                <span class="conclusion">
                  <Text>{diagnosis.sentence}</Text>
                </span>
                {diagnosis.advice !== '' && (
                  <span class="advice">
                    <span aria-hidden="true">→ </span>
                    <Text>{diagnosis.advice}</Text>
                  </span>
                )}
              </span>
              <span class="figures">
                <span>
                  <b>{stats.inUseConnections}</b> of {stats.maxConnections} in use
                </span>
                <span>
                  <b>{stats.pendingAcquires}</b> waiting
                </span>
                <span>
                  <b>{wait.count === 0 ? '–' : time(wait.p99)}</b> p99 wait
                </span>
                <Spark values={short.map((frame) => frame.stats.inUseConnections)} max={stats.maxConnections} />
              </span>
            </button>
          );
        })}
      </section>
    </>
  );
}
