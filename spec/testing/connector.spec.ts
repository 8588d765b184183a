import { NEVER, Observable } from 'rxjs';
import { createPool } from '../../src/index';
import { poolTest, promised, scriptedConnector } from '../../src/testing/index';
import { failed } from './support';

describe('scriptedConnector', () => {
  it('does for each connect what its script says', () => {
    poolTest(({ pool, cold, expectObservable, expectSubscriptions, at }) => {
      const connect = scriptedConnector('--a------|', '--#', '---b');
      const words = pool({ max: 1, connect, retryDelay: 0 });
      expectObservable(words.use((connection) => cold('-x|', { x: connection }))).toBe('---a|');
      at(10, () => void words.use(() => cold('|')).subscribe());
      expectSubscriptions(connect.subscriptions).toBe(['^--------!', '----------^-!', '-------------^']);
    });
  });

  it('loses a connection with an error, opens others as values, and takes an Observable', () => {
    const lost = new Error('reset by peer');
    const client = { id: 1 };
    poolTest(({ pool, expectObservable }) => {
      const connect = scriptedConnector('-c--#', NEVER as Observable<typeof client>, {
        values: { c: client },
        error: lost,
      });
      const clients = pool({ max: 1, connect });
      expectObservable(clients.use((connection) => new Observable<number>((out) => out.next(connection.id)))).toBe(
        '-1--#',
        { 1: 1 },
        jasmine.objectContaining({ code: 'CONNECTION_FAILED', phase: 'use', cause: lost }),
      );
    });
  });

  it('fails the test at a connect without a script, and says which', () => {
    const message = failed(({ pool, cold, expectObservable }) => {
      const words = pool({ max: 2, connect: scriptedConnector('--a'), retryDelay: { initial: 60_000, max: 60_000 } });
      for (const _ of [1, 2])
        expectObservable(
          words.use(() => cold('-|')),
          '^--!',
        ).toBe('---|');
    });
    expect(message).toMatch(
      /connect 2 of scriptedConnector, at frame 0, has no script: add one, or pass { repeat: true } to repeat the last/,
    );
  });

  it('fails that connect alone outside poolTest', () => {
    const connect = scriptedConnector('a');
    const seen: unknown[] = [];
    connect().subscribe().unsubscribe();
    connect().subscribe({ error: (error: unknown) => seen.push((error as Error).message) });
    expect(seen).toEqual([jasmine.stringMatching(/^connect 2 of scriptedConnector, at frame \d+, has no script/)]);
  });

  it('repeats the last script when it should', () => {
    poolTest(({ pool, cold, expectObservable, expectSubscriptions }) => {
      const connect = scriptedConnector('---a', '-b', { repeat: true });
      const words = pool({ max: 3, connect, maxUses: 1 });
      for (const end of ['--|', '--|', '----|']) {
        expectObservable(words.use(() => cold('-|'))).toBe(end);
      }
      expectSubscriptions(connect.subscriptions).toBe(['^---!', '^-!', '^-!']);
    });
    expect().nothing();
  });

  it('is a connector in real time too', async () => {
    const pool = createPool({ max: 1, connect: scriptedConnector('-a') });
    const seen = await new Promise((resolve, reject) => {
      pool.use(async (connection) => Promise.resolve(connection)).subscribe({ next: resolve, error: reject });
    });
    expect(seen).toBe('a');
    await pool.destroy();
  });
});

describe('promised', () => {
  it('is a promise in virtual time, as connect and as work', () => {
    poolTest(({ pool, expectObservable, expectEvents }) => {
      const words = pool({ max: 1, connect: () => promised('--c') });
      expectObservable(words.use((connection) => promised('---x', { x: `of ${connection}` }))).toBe('-----(x|)', {
        x: 'of c',
      });
      expectEvents(words).toBe(['--o', '--a', '-----r'], { o: 'opened', a: 'acquired', r: 'released' });
    });
    expect().nothing();
  });

  it('rejects, and does not settle', () => {
    const down = new Error('down');
    poolTest(({ pool, expectObservable }) => {
      const words = pool({
        max: 1,
        connect: () => promised('-#', undefined, down),
        connectTimeout: 5,
        breaker: { failures: 1 },
      });
      expectObservable(words.acquire()).toBe(
        '-#',
        undefined,
        jasmine.objectContaining({ code: 'CONNECTION_FAILED', cause: down }),
      );
      const silent = pool({ max: 1, connect: () => promised('-'), connectTimeout: 5, breaker: { failures: 1 } });
      expectObservable(silent.acquire()).toBe(
        '-----#',
        undefined,
        jasmine.objectContaining({ code: 'CONNECTION_FAILED' }),
      );
    });
    expect().nothing();
  });

  it('can be chained, in the same frame, and settles once', () => {
    const seen: string[] = [];
    poolTest(({ scheduler, at }) => {
      const note =
        (what: string) =>
        (value: unknown): void =>
          void seen.push(`${what} ${String(value)} at ${scheduler.frame}`);
      const failing = (value: string): string => {
        throw new Error(`no ${value}`);
      };
      const promise = promised('--a');
      promise.then((value) => promised(`---${value}`)).then(note('nested'));
      promise.then(failing).then(note('skipped'), note('caught'));
      promised('-#', undefined, 'reason')
        .then(null, (reason: unknown) => `recovered from ${String(reason)}`)
        .then(note('then'));
      at(4, () => {
        promise.then(note('late'));
        seen.push('after then');
      });
    });
    expect(seen).toEqual([
      'then recovered from reason at 1',
      'caught Error: no a at 2',
      'after then',
      'late a at 4',
      'nested a at 5',
    ]);
  });

  it('is what a failure advises where a connector returns a real promise', () => {
    const message = failed(({ pool, cold, expectObservable }) => {
      const words = pool({ max: 1, connect: async () => Promise.resolve('a') });
      expectObservable(words.use(() => cold('x|'))).toBe('x|');
    });
    expect(message).toMatch(/^expectObservable: frame 0: expected x, got nothing/);
    expect(message).toMatch(/A connect has returned a real promise.*: let it return promised\('--a'\)$/);
  });

  it('does not make an async function virtual: that fails the test', () => {
    const awaiting = async (): Promise<string> => promised('-a');
    expect(failed(awaiting as () => unknown)).toMatch(/^poolTest got an async function/);
  });
});
