import { cases } from '../../bench/compare/cases';
import { ours } from '../../bench/compare/subjects';

/** `npm run compare` runs the same cases on other pools. */
describe('what other pools get wrong', () => {
  const outcomeOf = async (id: string): Promise<Readonly<Record<string, unknown>>> =>
    cases.find((one) => one.id === id)!.run(ours);

  it('a spike: what will be served before a connect could help opens no connections', async () => {
    const { 'extra connects': extra, ms } = await outcomeOf('spike');
    // A machine that takes longer for it than a connect takes, has made another case of it.
    expect((ms as number) < 150 ? extra : 0).toBeLessThanOrEqual(1);
  });

  it('a dead target: few tries, and the caller is told', async () => {
    const { tries, 'caller told after ms': told } = await outcomeOf('dead');
    expect(tries).toBeLessThanOrEqual(6);
    expect(told).toBeInstanceOf(Number);
  });

  it('a second release, when somebody else has the connection: does nothing', async () => {
    expect(await outcomeOf('twice')).toEqual({ 'lent twice': false, threw: false });
  });

  it('a slow close: its place is taken until it has ended', async () => {
    expect(await outcomeOf('slow close')).toEqual({ peak: 2 });
  });

  it('closing: who waits is told at once', async () => {
    expect((await outcomeOf('waiters'))['while a connection is still lent']).toBe('rejected');
  });

  it('an acquire after that: is refused, and opens nothing', async () => {
    expect(await outcomeOf('after close')).toEqual({ outcome: 'rejected', 'opened anew': false });
  });

  it('20,000 waiters that time out: all are told, and none is left in line', async () => {
    const { rejected, 'left in line': left } = await outcomeOf('timeouts');
    expect([rejected, left]).toEqual([20_000, 0]);
  });
});
