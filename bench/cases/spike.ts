import { lastValueFrom, Observable, timer } from 'rxjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '../../src/index';
import { pools } from '../peers/pools';
import { warmed, type MakePromisePool } from '../peers/promise-pool';
import type { Case, Measure, Metrics } from '../runner/case';

const OPEN = 5;
const MAX = 50;
const CALLERS = 50;
const CONNECT = 150;
const WORK = 2;

/** The first few open at once, so that the spike finds them there. */
class Target {
  connects = 0;

  get delay(): number {
    return ++this.connects > OPEN ? CONNECT : 0;
  }
}

async function spike(target: Target, once: () => Promise<unknown>): Promise<Metrics> {
  const start = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, once));
  return { extra: target.connects - OPEN, ms: performance.now() - start };
}

const promised =
  (make: MakePromisePool): Measure =>
  async () => {
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
    return spike(target, async () => {
      const resource = await pool.acquire();
      await sleep(WORK);
      pool.release(resource);
    });
  };

const ours: Measure = async () => {
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
  return spike(target, () => lastValueFrom(pool.use(() => timer(WORK))));
};

export const spikes: Case = {
  id: 'spike',
  title: 'A spike of 50 callers on 5 open connections',
  about:
    `At most ${MAX} connections, ${OPEN} open and warm; a connect takes ${CONNECT} ms, the work ${WORK} ms. The open ones alone serve ` +
    `everybody in ten turns, long before another could be open: each connect that is begun is one too many.`,
  amount: { full: 1, quick: 1 },
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
