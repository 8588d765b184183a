import type { Case, Contender } from './case';
import { shuffled } from './order';
import { inOwnProcess } from './own-process';
import type { CaseResults } from './results';
import type { Clock } from './timed';

export interface Suite {
  readonly quick: boolean;
  readonly rounds: number;
  readonly random: () => number;
  readonly clock: Clock;
}

const amountOf = ({ amount }: Pick<Case, 'amount'>, contender: Contender, quick: boolean): number =>
  (contender.amount ?? amount)[quick ? 'quick' : 'full'];

/** Runs each contender once per round, each round in another order, each run in a process of its own. */
export async function runRounds(
  { id, amount, rounds: most, contenders }: Pick<Case, 'id' | 'amount' | 'rounds' | 'contenders'>,
  { quick, rounds, random, clock }: Suite,
): Promise<CaseResults> {
  const results: Record<string, { samples: Record<string, number>[]; leftOut?: string }> = {};
  for (const { name } of contenders) results[name] = { samples: [] };
  for (let round = 0; round < rounds; round++) {
    for (const contender of shuffled(contenders, random)) {
      const result = results[contender.name]!;
      const bound = (contender.rounds ?? most)?.[quick ? 'quick' : 'full'] ?? Infinity;
      if (bound === 0) result.leftOut = 'not in the quick suite';
      if (result.leftOut !== undefined || round >= bound) continue;
      const { name, before } = contender;
      const errand = { case: id, contender: name, amount: amountOf({ amount }, contender, quick), clock, before };
      const answer = await inOwnProcess(errand).catch((error: unknown) => {
        // A failure of a peer is a result; a failure of our contender is a defect.
        if (contender.kind !== 'peer') throw error;
        return { leftOut: (error as Error).message };
      });
      if ('leftOut' in answer) result.leftOut = answer.leftOut;
      else result.samples.push(answer.metrics);
    }
  }
  return results;
}
