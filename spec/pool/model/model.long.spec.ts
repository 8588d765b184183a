import fc from 'fast-check';
import { effort } from '../../helpers/effort';
import { beginningOf, calmDown, endOf, histories, steps, worlds } from './commands';
import { World } from './world';

/**
 * Random histories in virtual time, until a number of steps is done. A failure prints a seed and a path, and a `replayPath` within
 * its counterexample. To replay it: FC_SEED, FC_PATH, and FC_REPLAY for the shrunk one.
 */
const wanted = Number(process.env['FC_STEPS'] ?? effort(6_000, 100_000));
const firstSeed = Number(process.env['FC_SEED'] ?? 1);
const path = process.env['FC_PATH'];
const historiesARound = 250;

describe('the pool, against a model of its contract', () => {
  const property = fc.asyncProperty(worlds, histories, async (options, history) => {
    const world = new World(options);
    await beginningOf(world, options.crowd);
    await fc.asyncModelRun(() => ({ model: world, real: world }), history);
    if (options.calm) await calmDown(world);
    await endOf(world);
  });

  it('does what the model predicts, for any events in any order', async () => {
    const began = performance.now();
    if (path !== undefined) {
      await fc.assert(property, { seed: firstSeed, path, endOnFailure: true });
    } else {
      // In rounds, because the length of a history is known only after it has run.
      for (let seed = firstSeed; steps.done < wanted; seed++) {
        await fc.assert(property, { seed, numRuns: historiesARound });
      }
    }
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    console.log(`model: ${steps.done} steps without a violation in ${seconds} s, from seed ${firstSeed}`);
    expect(steps.done).toBeGreaterThanOrEqual(path === undefined ? wanted : 1);
  }, 600_000);
});
