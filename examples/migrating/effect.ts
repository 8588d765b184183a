import { Effect, Pool } from 'effect';
import { from, lastValueFrom } from 'rxjs';
import { batchParallel, createPool, withConnection } from '../../src/index';
import { Client } from './client';

export async function before(items: number[]) {
  const acquire = Effect.acquireRelease(
    Effect.promise(() => Client.connect()),
    (client) => Effect.promise(() => client.end()),
  );
  const program = Effect.gen(function* () {
    const pool = yield* Pool.makeWithTTL({ acquire, min: 0, max: 2, timeToLive: '1 minute' });
    const send = (item: number) =>
      Pool.get(pool).pipe(
        Effect.flatMap((client) => Effect.tryPromise({ try: () => client.send(item), catch: (error) => error })),
        Effect.scoped,
        Effect.match({
          onSuccess: (value) => ({ value }),
          onFailure: (reason) => ({ reason }),
        }),
      );
    return yield* Effect.forEach(items, send, { concurrency: 'unbounded' });
  });
  return Effect.runPromise(Effect.scoped(program));
}

export async function after(items: number[]) {
  const pool = createPool({ connect: Client.connect, close: (client) => client.end(), max: 2 });
  const result = await lastValueFrom(
    from(items).pipe(
      withConnection(pool, (client, item) => client.send(item)),
      batchParallel(),
    ),
  );
  await pool.destroy();
  return result;
}
