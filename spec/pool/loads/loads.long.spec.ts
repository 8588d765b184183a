import { effort } from '../../helpers/effort';
import { isBatches, randomLoad } from './load';
import type { Load } from './load';
import { allowed, compare } from './run-load';

/** Random loads, from this seed on. */
const first = Number(process.env['LOADS_SEED'] ?? 1);

describe('a used pool, compared with one that opens a connection for every waiting caller', () => {
  it('takes no longer over any load, apart from a tenth and a few connect times', () => {
    const loads = effort(80, 1_500, 10_000);
    let worst = { share: 0, text: '' };
    let more = 0;
    for (let seed = first; seed < first + loads; seed++) {
      const load = randomLoad(seed);
      const { ours, greedy, share } = compare(load);
      const text = `${load.text}: ${Math.round(ours.total)} ms, greedy ${Math.round(greedy.total)} ms (seed ${seed})`;
      if (share > worst.share) worst = { share, text };
      if (ours.connects > greedy.connects) more++;
      expect(share).withContext(text).toBeLessThanOrEqual(1);
    }
    console.log(`loads: the worst of ${loads} takes ${worst.share.toFixed(2)} of what is allowed: ${worst.text}`);
    // A queue that was served later can be longer at some moment, so that one more connection is opened for it.
    expect(more).toBeLessThanOrEqual(Math.max(2, loads / 50));
  });

  const constant = (ms: number) => (): number => ms;
  const batch = (max: number, open: number, connect: number, work: number, items: number, width: number): Load => ({
    seed: 0,
    max,
    capacity: 1,
    min: 0,
    open,
    believed: work,
    connect: constant(connect),
    parts: [{ kind: 'batch', width, items, work: constant(work) }],
    outages: [],
    text: '',
  });

  for (const { load, fresh } of [
    { load: batch(5, 1, 100, 20, 10_000, 5), fresh: 40_120 },
    { load: batch(5, 1, 50, 5, 1_000, 8), fresh: 1_050 },
    { load: batch(10, 1, 30, 2, 5_000, 10), fresh: 1_048 },
  ]) {
    const [part] = load.parts;
    it(`runs a batch of ${part!.kind === 'batch' ? part!.items : 0} at the speed of a fresh pool, with 1 of ${load.max} open`, () => {
      const { ours, greedy } = compare(load);
      expect(ours.total).toBeLessThanOrEqual(fresh);
      expect(ours.total).toBeLessThanOrEqual(allowed(load, greedy));
      expect(ours.connects).toBeLessThanOrEqual(greedy.connects);
      expect(isBatches(load)).toBeTrue();
    });
  }

  it('opens connections for callers that return as soon as they have been served', () => {
    for (const pause of [null, 0]) {
      const load = {
        ...batch(5, 1, 100, 20, 10_000, 5),
        parts: [{ kind: 'loop' as const, width: 5, items: 10_000, pause, work: constant(20) }],
      };
      const { ours, greedy } = compare(load);
      expect(ours.total).toBeLessThanOrEqual(allowed(load, greedy));
      expect(ours.connects).toBe(4);
    }
  });
});
