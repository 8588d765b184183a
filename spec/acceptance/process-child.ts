import { concat, from, ignoreElements, lastValueFrom, NEVER, of, throwError, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { batchParallel, isPoolError, withConnection } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';

/**
 * What a child process of `process-end.spec.ts` does, by its name. None of them calls `process.exit`: a process has to end
 * because nothing keeps it.
 */
const scenarios: Record<string, () => unknown> = {
  /** Used, and then no longer referenced. */
  'forgotten pool': async () => {
    await lastValueFrom(pool().use(() => of(1)));
  },

  'abandoned pool with a cold batch behind it': async () => {
    const result = await lastValueFrom(
      from([1, 2, 3]).pipe(
        withConnection(pool(), (_connection, item) => Promise.resolve(item)),
        batchParallel(),
      ),
    );
    say(`${result.successful.length} sent`);
  },

  'idle pool': async () => {
    await pool({ max: 2 }).warmUp(2);
  },

  'pool that was never used': () => {
    pool();
  },

  'pool whose connections have a lifetime': async () => {
    await pool({ max: 2, min: 1, idleTimeout: 60_000, maxLifetime: 60_000 }).warmUp(2);
  },

  'pool with min connections to a target that is down': () => {
    pool({ min: 1, connect: () => throwError(() => new Error('refused')), retryDelay: 10_000 });
  },

  'forgotten lease': () => {
    pool().acquire().subscribe();
  },

  'subscriber of the stats': async () => {
    const used = pool();
    used.stats$.subscribe();
    await lastValueFrom(used.use(() => of(1)));
  },

  'destroyed pool': async () => {
    const used = pool();
    await lastValueFrom(used.use(() => of(1)));
    await used.destroy();
    say(used.stats.state);
  },

  'destroyed pool whose work was ended by its timeout': async () => {
    const used = pool();
    used
      .use(() => NEVER)
      .subscribe({
        error: sayCode,
      });
    await used.destroy({ timeout: 50 });
    say(used.stats.state);
  },

  'destroyed pool whose close does not end': async () => {
    const used = pool({ close: () => NEVER, closeTimeout: 200 });
    await used.warmUp();
    await used.destroy({ timeout: 0 });
    say(used.stats.state);
  },

  'destroyed pool without a timeout whose close does not end': async () => {
    const used = pool({ close: () => NEVER, closeTimeout: 200 });
    await used.warmUp();
    await used.destroy({ timeout: Infinity });
    say(used.stats.state);
  },

  'destroyed pool that waits for a cancelled promise': async () => {
    const used = pool({ cancelTimeout: 200 });
    used
      .use(() => new Promise(() => undefined))
      .subscribe()
      .unsubscribe();
    await used.destroy({ timeout: Infinity });
    say(used.stats.state);
  },

  'destroyed pool that waits for a promised connection': async () => {
    const used = createPool({ connect: () => new Promise<string>(() => undefined), max: 1, closeTimeout: 200 });
    used.acquire().subscribe({ error: () => undefined });
    await used.destroy();
    say(used.stats.state);
  },

  'cancelled promise that never settles': () => {
    pool()
      .use(() => new Promise(() => undefined))
      .subscribe()
      .unsubscribe();
  },

  'breaker that is open': async () => {
    const dead = createPool({
      connect: () => of('gone at once'),
      max: 1,
      breaker: { failures: 1, probeAfter: 60_000 },
    });
    await lastValueFrom(dead.acquire()).catch(sayCode);
  },

  'batch that waited for its target, and is unsubscribed': () => {
    const { connect } = firstGone(Infinity);
    const waiting = from([1, 2])
      .pipe(withConnection(createPool({ connect, max: 1, breaker: { failures: 1, probeAfter: 60_000 } }), () => of(1)))
      .pipe(batchParallel({ patience: 60_000 }))
      .subscribe();
    setTimeout(() => waiting.unsubscribe(), 50);
  },

  /** From here on a caller waits for a result, which has to come before the end. */
  'pending acquire': () => {
    const used = pool({ acquireTimeout: 400 });
    // Referenced, or the collector might pass the connection on to the waiting caller.
    const held: unknown[] = [];
    used.acquire().subscribe((lease) => held.push(lease));
    used.acquire().subscribe({
      error: (error: unknown) => {
        sayCode(error);
        held.length = 0;
      },
    });
  },

  'pending acquire for a connect that does not answer': () => {
    createPool({ connect: () => NEVER, max: 1, acquireTimeout: 400 })
      .acquire()
      .subscribe({
        error: sayCode,
      });
  },

  'pending acquire for a target that is down': () => {
    createPool({ connect: () => of('gone at once'), max: 1 })
      .acquire()
      .subscribe({
        error: sayCode,
      });
  },

  'batch that waits for its target, which comes back': async () => {
    const { connect } = firstGone(2);
    const back = createPool({ connect, max: 1, breaker: { failures: 1, probeAfter: 300 } });
    const result$ = from([1, 2]).pipe(
      withConnection(back, () => of(1)),
      batchParallel(),
    );
    say(`${(await lastValueFrom(result$)).successful.length} sent`);
  },

  'batch that waits for its target, until its patience is over': async () => {
    const { connect } = firstGone(Infinity);
    const dead = createPool({ connect, max: 1, breaker: { failures: 1, probeAfter: 60_000 } });
    const result$ = from([1, 2]).pipe(
      withConnection(dead, () => of(1)),
      batchParallel({ patience: 500 }),
    );
    sayCode((await lastValueFrom(result$)).failed[0]!.error);
  },

  'pending acquire without a timeout, of a target that comes back': () => {
    let dials = 0;
    createPool({
      connect: () => (dials++ < 3 ? of('gone at once') : concat(of('a'), NEVER)),
      max: 1,
      acquireTimeout: Infinity,
    })
      .acquire()
      .subscribe(({ connection }) => {
        say(connection);
      });
  },

  'pending warm-up': async () => {
    await createPool({ connect: () => NEVER, max: 1, acquireTimeout: 400 })
      .warmUp()
      .catch(sayCode);
  },

  'work that waits for its connection to be lost': () => {
    const lost = createPool({ connect: () => concat(of('a'), timer(100).pipe(ignoreElements())), max: 1 });
    lost
      .use(() => NEVER)
      .subscribe({
        error: sayCode,
      });
  },
};

function pool(options: Partial<Parameters<typeof createPool<string>>[0]> = {}): ReturnType<typeof createPool<string>> {
  return createPool<string>({ connect: () => concat(of('a'), NEVER), max: 1, ...options });
}

/** A target whose first connections are lost at once. */
function firstGone(count: number): { connect: () => Observable<string> } {
  let dials = 0;
  return { connect: () => (dials++ < count ? of('gone at once') : concat(of('a'), NEVER)) };
}

function sayCode(error: unknown): void {
  say(isPoolError(error) ? error.code : String(error));
}

function say(word: string): void {
  process.stdout.write(`${word}\n`);
}

const began = performance.now();
process.on('exit', () => {
  process.stdout.write(`ended after ${Math.round(performance.now() - began)} ms\n`);
});
const scenario = scenarios[process.argv[2] ?? ''];
if (scenario === undefined) throw new Error(`no such scenario: ${process.argv[2]}`);
await scenario();
