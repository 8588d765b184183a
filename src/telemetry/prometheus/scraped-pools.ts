import { diagnose } from '../../diagnosis/index';
import { poolIssues, PoolWatch } from '../../diagnosis/pool-watch';
import { textOf } from '../../diagnosis/texts';
import type { ConnectionPool } from '../../pool/connection-pool';
import { labelsText } from './exposition';
import type { LabelledPool, Labels } from './exposition';
import { assertNoIssues, labelIssues } from './options';
import type { ResolvedMetricsOptions } from './options';

interface ScrapedPool {
  readonly pool: ConnectionPool<unknown>;
  readonly watch: PoolWatch;
  readonly labels: Labels;
}

/** The pools of one endpoint, each with labels of its own. One that is destroyed is forgotten. */
export class ScrapedPools {
  private pools: readonly ScrapedPool[] = [];

  constructor(private readonly labelsOf: ResolvedMetricsOptions['labels']) {}

  /** Throws an `InvalidConfigError` if it is no pool, or if its labels are wrong or those of another. */
  add(pool: ConnectionPool<unknown>): void {
    assertNoIssues(poolIssues(pool));
    const { labelsOf } = this;
    const own = labelsOf(pool);
    assertNoIssues(labelIssues(own));
    const watch = new PoolWatch(pool);
    const labels = exposed({ pool: watch.name, ...own });
    const text = labelsText(labels);
    if (this.living().some((other) => labelsText(other.labels) === text)) {
      assertNoIssues([
        `two pools have the labels {${text}}, and would be one in Prometheus: give each a name of its own, or labels of its own`,
      ]);
    }
    this.pools = [...this.pools, { pool, watch, labels }];
  }

  /** What they show now. */
  observe(): readonly LabelledPool[] {
    return this.living().map(({ watch, labels }) => {
      const at = watch.observe();
      return { labels, at: { ...at, condition: diagnose(at.facts).condition } };
    });
  }

  private living(): readonly ScrapedPool[] {
    this.pools = this.pools.filter(({ pool }) => pool.stats.state !== 'destroyed');
    return this.pools;
  }
}

/** Names and labels without credentials, and without characters that no label should have. */
const exposed = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, text]) => [name, textOf(text)]));
