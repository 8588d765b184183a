import { lastValueFrom, Observable, timer } from 'rxjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '../../src/index';
import { pools } from '../peers/pools';
import { warmed, type MakePromisePool } from '../peers/promise-pool';
import type { Case, Measure } from '../runner/case';
import { median } from '../runner/statistics';

const OPEN = 5;
const MAX = 50;
const CALLERS = 50;
const CONNECT = 150;
const WORK = 2;

interface Spike {
  readonly extra: number;
  readonly ms: number;
}

/** The first few open at once, so that they are open when the spike begins. */
class Target {
  connects = 0;

  get delay(): number {
    return ++this.connects > OPEN ? CONNECT : 0;
  }
}

async function callers(target: Target, once: () => Promise<unknown>): Promise<Spike> {
  const start = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, once));
  return { extra: target.connects - OPEN, ms: performance.now() - start };
}

/** The median of this number of spikes, each on a new pool. A first one is not counted, because its code is not yet compiled. */
const several =
  (spike: () => Promise<Spike>): Measure =>
  async (count) => {
    await spike();
    const spikes: Spike[] = [];
    for (let i = 0; i < count; i++) spikes.push(await spike());
    return { extra: median(spikes.map(({ extra }) => extra)), ms: median(spikes.map(({ ms }) => ms)) };
  };

const promised = (make: MakePromisePool): Measure =>
  several(async () => {
    const target = new Target();
    const pool = await make({
      max: MAX,
      connect: async () => {
        const { delay } = target;
        if (delay > 0) await sleep(delay);
        return {};
      },
    });
    await warmed(pool, OPEN);
    return callers(target, async () => {
      const resource = await pool.acquire();
      await sleep(WORK);
      pool.release(resource);
    });
  });

const ours: Measure = several(async () => {
  const target = new Target();
  const connect = (): Observable<object> =>
    new Observable((subscriber) => {
      const { delay } = target;
      const open = (): void => {
        subscriber.next({});
      };
      if (delay === 0) {
        open();
        return;
      }
      const opening = setTimeout(open, delay);
      subscriber.add(() => {
        clearTimeout(opening);
      });
    });
  const pool = createPool({ connect, max: MAX });
  await pool.warmUp(OPEN);
  return callers(target, () => lastValueFrom(pool.use(() => timer(WORK))));
});

export const spikes: Case = {
  id: 'spike',
  title: 'A spike of 50 callers on 5 open connections',
  about:
    `At most ${MAX} connections, ${OPEN} open and warm; a connect takes ${CONNECT} ms, the work ${WORK} ms. The open ones alone serve ` +
    `all callers in ten turns, long before another could be open: each connect that is begun is one too many.`,
  amount: { full: 5, quick: 3 },
  metrics: [
    { key: 'extra', title: 'extra connects' },
    { key: 'ms', title: 'ms until all are served', digits: 1 },
  ],
  contenders: [
    ...Object.entries(pools).map(([name, make]) => ({ name, kind: 'peer' as const, measure: promised(make) })),
    { name: 'pool.use', kind: 'ours', measure: ours },
  ],
  headline: { what: 'a spike of 50 callers on 5 connections: connects too many', ours: 'pool.use' },
  targets: [
    { what: 'extra connects', unit: '', value: (m) => m('pool.use', 'extra'), atMost: 1, beyond: 0 },
    { what: 'time', unit: ' ms', value: (m) => m('pool.use', 'ms'), atMost: 35 },
  ],
};
