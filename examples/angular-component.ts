/**
 * The stats of a pool as a component of Angular has them: one stream that a template reads by the `async` pipe. Angular itself is not needed to run
 * this: the template is a function here, and the pipe a subscription.
 *
 *     node --import tsx examples/angular-component.ts
 */
import { combineLatest, concat, map, NEVER, of, startWith, takeUntil, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { fromPoolStats } from '../src/dashboard/client/index';
import { dashboard } from '../src/dashboard/index';
import { createPool } from '../src/index';

interface PoolView {
  readonly used: string;
  readonly waiting: number;
  /** Whether the numbers are current. */
  readonly isCurrent: boolean;
}

// In Angular: @Component({ selector: 'pool-badge', template: `@if (view$ | async; as view) { … }` })
class PoolBadgeComponent {
  readonly view$: Observable<PoolView>;

  constructor(url: string) {
    const stats$ = fromPoolStats(url);
    this.view$ = combineLatest([stats$, stats$.status$.pipe(startWith('connecting'))]).pipe(
      map(([{ inUseConnections, maxConnections, pendingAcquires }, status]) => ({
        used: `${inUseConnections} of ${maxConnections} in use`,
        waiting: pendingAcquires,
        isCurrent: status === 'open',
      })),
    );
  }

  template({ used, waiting, isCurrent }: PoolView): string {
    return `${used}, ${waiting} waiting${isCurrent ? '' : ' (lost; trying again)'}`;
  }
}

const pool = createPool({ name: 'orders', max: 3, connect: () => concat(of('connection'), NEVER) });
const board = dashboard(pool, { period: 250 });
const { url } = await board.listen();
const work = timer(0, 40).subscribe(() => pool.use(() => timer(100)).subscribe({ error: () => undefined }));

const component = new PoolBadgeComponent(url);
component.view$.pipe(takeUntil(timer(2_000))).subscribe({
  next: (view) => console.log(component.template(view)),
  complete: () => {
    work.unsubscribe();
    void board.close().then(() => pool.destroy({ timeout: 0 }));
  },
});
