import { time } from '../diagnosis/words';
import type { CapacityPlan } from '../simulation/plan-capacity';

/** What another `max` would do, in the words of `planCapacity`'s own result. */
export function whatIfSentence(plan: CapacityPlan, today: number): string {
  const now = plan.points.find(({ max }) => max === today);
  const has = now === undefined ? '' : `; you have ${today}: ${time(now.waitP99)}`;
  if (plan.max === null) return plan.verdict;
  const best = plan.points.find(({ max }) => max === plan.max)!;
  if (plan.max === today)
    return `max ${today}, what you have, is the least that does: the p99 wait is ${time(best.waitP99)}.`;
  const wait = `p99 wait would be ${time(best.waitP99)}${has}`;
  return plan.max < today ? `max ${plan.max} would be enough: the ${wait}.` : `With max ${plan.max} the ${wait}.`;
}
