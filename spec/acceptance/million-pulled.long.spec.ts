import { of } from 'rxjs';
import { batchOutcomes, collectBatch, trackProgress, withConnection } from '../../src/ix/index';
import { effort } from '../helpers/effort';
import { createLastingPool } from '../helpers/lasting-pool';
import { expectNothingHeld, opensAtOnce } from '../helpers/marbles';

const many = effort(40_000, 1_000_000);
const atATime = 10;

describe(`${many.toLocaleString('en')} items that are pulled`, () => {
  const promised = async (_: string, n: number): Promise<number> => Promise.resolve(n);
  const atOnce = (_: string, n: number) => of(n);

  for (const [kind, work] of Object.entries({ 'at once': atOnce, 'with promises': promised })) {
    it(`from an async generator, ${kind}: never more than ten pulled and not settled`, async () => {
      const pool = createLastingPool<string>({ connect: () => opensAtOnce('a'), max: atATime });
      let drawn = 0;
      let settled = 0;
      let most = 0;
      const numbers = async function* (): AsyncGenerator<number> {
        for (let n = 0; n < many; n++) {
          most = Math.max(most, ++drawn - settled);
          yield n;
        }
      };
      let told = 0;
      const outcomes = trackProgress(() => told++, { total: many })(
        batchOutcomes(atATime)(withConnection<string, number, ReturnType<typeof work>>(pool, work)(numbers())),
      );
      let sum = 0;
      for await (const outcome of outcomes) {
        if (outcome.status === 'succeeded') sum += outcome.value!;
        settled++;
      }
      expect([drawn, settled, told]).toEqual([many, many, many + 1]);
      expect(sum).toBe((many * (many - 1)) / 2);
      expect(most).toBeLessThanOrEqual(atATime);
      expectNothingHeld(pool);
    }, 600_000);
  }

  it('from an Iterable, collected: a loop without recursion', async () => {
    const pool = createLastingPool<string>({ connect: () => opensAtOnce('a'), max: 1 });
    const numbers = function* (): Generator<number> {
      for (let n = 0; n < many; n++) yield n;
    };
    for await (const result of collectBatch()(batchOutcomes(1)(withConnection(pool, atOnce)(numbers())))) {
      expect(result.successful.length).toBe(many);
    }
    expectNothingHeld(pool);
  }, 600_000);
});
