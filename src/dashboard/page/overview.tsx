import type { PoolHistory } from '../frames';
import { time } from './format';
import { Badge } from './summary';
import { Spark } from './spark';
import { rankOf } from './store';

interface OverviewProps {
  readonly pools: readonly PoolHistory[];
  readonly selected: number;
  /** The date that is shown; null: now. */
  readonly at: number | null;
  readonly onSelect: (index: number) => void;
}

/** Several pools, one row each, the worst first. */
export function Overview({ pools, selected, at, onSelect }: OverviewProps) {
  const upTo = pools.map(({ name, frames }) => ({
    name,
    frames: at === null ? frames : frames.filter((frame) => frame.at <= at + 500),
  }));
  const rows = upTo
    .map((pool, index) => ({ pool, index }))
    .sort((a, b) => rankOf(a.pool) - rankOf(b.pool) || a.index - b.index);
  return (
    <section class="overview" aria-label={`${pools.length} pools, worst first`}>
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
              <b class="name">{name}</b>
            </span>
            <span class="text">
              <span class="conclusion">{diagnosis.sentence}</span>
              {diagnosis.advice !== '' && (
                <span class="advice">
                  <span aria-hidden="true">→ </span>
                  {diagnosis.advice}
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
  );
}
