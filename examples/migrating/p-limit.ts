import pLimit from 'p-limit';
import { defer, from, lastValueFrom, map } from 'rxjs';
import { batchParallel } from '../../src/index';
import { Client } from './client';

/** Work without a connection to keep: each item brings its own. */
async function send(item: number): Promise<number> {
  const client = await Client.connect();
  try {
    return await client.send(item);
  } finally {
    await client.end();
  }
}

export async function before(items: number[]) {
  const limit = pLimit(2);
  return Promise.allSettled(items.map((item) => limit(() => send(item))));
}

export async function after(items: number[]) {
  return lastValueFrom(
    from(items).pipe(
      map((item) => defer(() => send(item))),
      batchParallel(2),
    ),
  );
}
