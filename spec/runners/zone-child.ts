// Uses pools while zone.js is loaded, which replaces timers and promises for the whole process, and says in which zone what was called. The
// argument is the option `context`: `default`, `option` (the carrier of its doc comment) or `false`.
import 'zone.js/node';
import type {} from 'zone.js';
import { EMPTY, lastValueFrom, NEVER, Observable, of, Subject, take, timer } from 'rxjs';
import { batchParallel, createPool, withConnection } from '../../src/index';
import type { ConnectionPool, ContextCarrier, PoolOptions } from '../../src/index';

const carrier: ContextCarrier = (of) => {
  const zone = of === 'pool' ? Zone.root : Zone.current;
  return (run) => {
    zone.run(run);
  };
};

const contexts: Record<string, Pick<PoolOptions<string>, 'context'>> = {
  default: {},
  option: { context: carrier },
  false: { context: false },
};

const context = contexts[process.argv[2]!]!;
const seen: Record<string, string[]> = {};
const see = (what: string): void => void (seen[what] ??= []).push(Zone.current.name);
const inZone = <T>(name: string, run: () => T): T => Zone.root.fork({ name }).run(run);
/** By a promise of zone.js, which keeps the zone; one of an async function does not. */
const turns = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

const pool = (options: Partial<PoolOptions<string>> = {}): ConnectionPool<string> =>
  createPool<string>({
    connect: () => {
      see('connect');
      return new Observable((subscriber) => {
        subscriber.next('connection');
      });
    },
    max: 1,
    ...context,
    ...options,
  });

const watch = (what: string): { next: () => void; error: () => void; complete: () => void } => ({
  next: () => {
    see(`${what}: next`);
  },
  error: () => {
    see(`${what}: error`);
  },
  complete: () => {
    see(`${what}: complete`);
  },
});

/** Each begins in the zone of a caller while the only connection is held; what it returns is done in another one when that is free. */
const waits: Record<string, (busy: ConnectionPool<string>) => (() => void) | undefined> = {
  use(busy) {
    busy
      .use(() => {
        see('use: work');
        return of(1);
      })
      .subscribe(watch('use'));
    return undefined;
  },
  promise(busy) {
    busy
      .use(async () => {
        see('promise: work');
        return Promise.resolve(1);
      })
      .subscribe(watch('promise'));
    return undefined;
  },
  acquire(busy) {
    busy.acquire().subscribe({
      ...watch('acquire'),
      next: (lease) => {
        see('acquire: next');
        lease.release();
      },
    });
    return undefined;
  },
  stream(busy) {
    busy.pipe(take(2)).subscribe({
      ...watch('stream'),
      next: (lease) => {
        see('stream: next');
        lease.release();
      },
    });
    return undefined;
  },
  batch(busy) {
    of(1, 2)
      .pipe(
        withConnection(busy, () => {
          see('batch: work');
          return of(1);
        }),
        batchParallel(),
      )
      .subscribe(watch('batch'));
    return undefined;
  },
  timeout(busy) {
    busy.acquire({ acquireTimeout: 5 }).subscribe(watch('timeout'));
    return undefined;
  },
  signal(busy) {
    const controller = new AbortController();
    busy.acquire({ signal: controller.signal }).subscribe(watch('signal'));
    return () => {
      controller.abort();
    };
  },
  loss(busy) {
    const running = busy.use((_, { signal }) => {
      signal.addEventListener('abort', () => {
        see('loss: aborted');
      });
      return NEVER;
    });
    running.subscribe(watch('loss'));
    return undefined;
  },
};

for (const [name, begin] of Object.entries(waits)) {
  const gone = new Subject<never>();
  const busy = pool({ lost: () => (name === 'loss' ? gone : NEVER) });
  const lease = await lastValueFrom(busy.acquire());
  const later = inZone('caller', () => begin(busy));
  await turns(1);
  if (name === 'timeout') while (busy.stats.timeouts === 0) await turns(1);
  inZone('releasing', () => {
    later?.();
    lease.release();
  });
  await turns(5);
  inZone('elsewhere', () => {
    gone.complete();
  });
  await turns(5);
  await busy.destroy();
}

/** Whether a zone has had something pending while `what` ran in it, and whether it still has when that is over. */
async function pending(what: (used: ConnectionPool<string>) => Observable<unknown>): Promise<[boolean, boolean]> {
  const used = pool();
  let isPending = false;
  let everPending = false;
  const zone = Zone.root.fork({
    name: 'application',
    onHasTask(delegate, current, target, state) {
      delegate.hasTask(target, state);
      if (current !== target || state.change !== 'macroTask') return;
      isPending = state.macroTask;
      everPending ||= isPending;
    },
  });
  await zone.run(() => lastValueFrom(what(used), { defaultValue: undefined }).catch(() => undefined));
  await turns(5);
  const result: [boolean, boolean] = [everPending, isPending];
  await used.destroy({ timeout: 0 });
  return result;
}

const macrotasks = {
  'a use': await pending((used) => used.use(() => of(1))),
  'a use with a timer of its own': await pending((used) => used.use(() => timer(1))),
  'a use that waited': await pending((used) => {
    used.use(() => timer(1)).subscribe();
    return used.use(() => of(1));
  }),
  'a batch': await pending((used) =>
    of(1, 2, 3).pipe(
      withConnection(used, () => of(1)),
      batchParallel(),
    ),
  ),
  'an acquire that timed out': await pending((used) => {
    used.acquire().subscribe();
    return used.acquire({ acquireTimeout: 1 });
  }),
  nothing: await pending(() => EMPTY),
};

console.log(JSON.stringify({ seen, macrotasks }));
