/** One contender, in a process of its own: measures once what its only argument says, tells its parent, and ends. */
import { allCases } from './cases/index';
import { LeftOut } from './runner/case';
import type { Answer, Errand } from './runner/own-process';
import { recordTo } from './runner/recorder';
import { setClock } from './runner/timed';

const errand = JSON.parse(process.argv[2]!) as Errand;

async function run(): Promise<Answer> {
  const contender = allCases
    .find(({ id }) => id === errand.case)
    ?.contenders.find(({ name }) => name === errand.contender);
  if (contender === undefined) throw new Error(`no contender '${errand.contender}' in the case '${errand.case}'`);
  setClock(errand.clock);
  const recorded = errand.profile === undefined ? undefined : recordTo(errand.profile);
  try {
    const metrics = await contender.measure(errand.amount);
    await recorded?.();
    return { metrics };
  } catch (error) {
    if (error instanceof LeftOut) return { leftOut: error.message };
    throw error;
  }
}

const answer = await run();
// Sockets, timers and pools are still open, and the process must not wait for them.
process.send!(answer, () => process.exit());
