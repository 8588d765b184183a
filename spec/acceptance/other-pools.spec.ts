import { cases } from '../../bench/compare/cases';
import { ours } from '../../bench/compare/subjects';

/** `npm run compare` runs the same cases on other pools. */
describe('what other pools get wrong', () => {
  const outcomeOf = async (id: string): Promise<Readonly<Record<string, unknown>>> =>
    cases.find((one) => one.id === id)!.run(ours);

  it('a spike: callers that will be served before a connect could help open no connections', async () => {
    const { 'extra connects': extra, ms } = await outcomeOf('spike');
    // If the machine takes longer for it than a connect takes, it is another case.
    expect((ms as number) < 150 ? extra : 0).toBeLessThanOrEqual(1);
  });

  it('a target that is down: few connects, and the caller gets an error', async () => {
    const { tries, 'caller notified after ms': told } = await outcomeOf('dead');
    expect(tries).toBeLessThanOrEqual(6);
    expect(told).toBeInstanceOf(Number);
  });

  it('a second release, when another caller holds the connection: does nothing', async () => {
    expect(await outcomeOf('twice')).toEqual({ 'lent twice': false, threw: false });
  });

  it('a slow close: its slot is occupied until it has ended', async () => {
    expect(await outcomeOf('slow close')).toEqual({ peak: 2 });
  });

  it('destroy: waiting callers are rejected at once', async () => {
    expect((await outcomeOf('waiters'))['while a connection is still lent']).toBe('rejected');
  });

  it('an acquire after that: is rejected, and opens nothing', async () => {
    expect(await outcomeOf('after close')).toEqual({ outcome: 'rejected', 'opened again': false });
  });

  it('20,000 waiters that time out: all get an error, and none is left in the queue', async () => {
    const { rejected, 'left in the queue': left } = await outcomeOf('timeouts');
    expect([rejected, left]).toEqual([20_000, 0]);
  });
});
