/**
 * Observes every pool of a process by `node:diagnostics_channel`, without access to the pools: what a tracer or a logger does.
 *
 *     node --import tsx examples/diagnostics-channels.ts
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel } from 'node:diagnostics_channel';
import { firstValueFrom, of, timer } from 'rxjs';
import { CHANNELS, createPool } from '../src/index';
import type { AcquireMessage, ConnectMessage, PoolEvent } from '../src/index';

const request = new AsyncLocalStorage<string>();

// The messages of a caller arrive in its async context.
const say = (text: string): void => {
  console.log(`${(request.getStore() ?? '-').padEnd(9)} ${text}`);
};

tracingChannel<unknown, AcquireMessage>(CHANNELS.acquire).subscribe({
  start: ({ pool, label }) => {
    say(`${pool}: '${label}' asks`);
  },
  end: ({ result }) => {
    if (result !== undefined) say(`served at once by connection ${result.connection}`);
  },
  asyncStart: () => undefined,
  asyncEnd: ({ result, cancelled }) => {
    if (result !== undefined) say(`served by connection ${result.connection}, after a wait`);
    if (cancelled === true) say('left the queue');
  },
  error: ({ error }) => {
    say(`failed: ${(error as { code: string }).code}`);
  },
});
tracingChannel<unknown, ConnectMessage>(CHANNELS.connect).subscribe({
  start: ({ pool, connection }) => {
    say(`${pool}: connect ${connection}`);
  },
  end: () => undefined,
  asyncStart: () => undefined,
  asyncEnd: ({ connection, result }) => {
    if (result !== undefined) say(`connection ${connection} is open`);
  },
  error: () => undefined,
});
subscribe(CHANNELS.evicted, (message) => {
  const event = message as Extract<PoolEvent, { type: 'evicted' }>;
  say(`connection ${event.connection} is closed: ${event.reason}, after ${event.uses} uses`);
});

const pool = createPool({ name: 'orders', connect: () => firstValueFrom(timer(20)), max: 1 });
const call = (name: string, ms: number, acquireTimeout = 1_000): Promise<unknown> =>
  request.run(name, () =>
    firstValueFrom(pool.use(() => timer(ms), { label: name, acquireTimeout })).catch(() => undefined),
  );

await call('GET /a', 0);
const slow = call('GET /b', 100);
await Promise.all([slow, call('GET /c', 0), call('GET /d', 0, 20)]);
request.run('GET /e', () => pool.use(() => of(1), { label: 'GET /e' }).subscribe());
await pool.destroy();
