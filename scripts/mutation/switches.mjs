// What the instrumented sources call: is this mutant the one to be tried, and which mutants does a spec reach. Set by child.mjs.
const { active, limit, reached } = globalThis.mutation;
let hits = 0;

export function stryMutAct_9fa48(id) {
  if (id !== active) return false;
  // A mutant that is reached this many times as often as without any mutant is in an endless loop.
  if (++hits > limit) globalThis.mutation.loops();
  return true;
}

export const stryCov_9fa48 = reached;
