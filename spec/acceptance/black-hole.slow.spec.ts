import { once } from 'node:events';
import { connect as connectHttp2, createServer } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { from, lastValueFrom, NEVER, range } from 'rxjs';
import { batchParallel, createPool, withConnection } from '../../src/index';
import type { ConnectionPool, PoolEvent } from '../../src/index';

/** A server that answers each request after some ms, in this process. */
async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream) => {
    setTimeout(() => {
      if (stream.destroyed) return;
      stream.respond({ ':status': 200 });
      stream.end('ok');
    }, 2);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function openSession(url: string): Promise<ClientHttp2Session> {
  const session = connectHttp2(url);
  await once(session, 'connect');
  return session;
}

async function get(session: ClientHttp2Session): Promise<string> {
  const stream = session.request({ ':path': '/' });
  stream.setEncoding('utf8');
  let body = '';
  for await (const chunk of stream) body += chunk as string;
  return body;
}

describe('a batch over HTTP/2 sessions, one of which was destroyed without notice', () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  let pool: ConnectionPool<ClientHttp2Session>;
  let events: PoolEvent[];

  for (const capacity of [1, 10]) {
    for (const dead of [1, 4]) {
      it(`loses few items with ${dead} of 4 dead and ${capacity} requests a session`, async () => {
        server = await startServer();
        const sessions: ClientHttp2Session[] = [];
        pool = createPool({
          connect: async () => {
            const session = await openSession(server.url);
            sessions.push(session);
            return session;
          },
          // Otherwise the pool would see their 'close' event.
          lost: () => NEVER,
          close: (session) => {
            session.destroy();
          },
          max: 4,
          capacity,
        });
        events = [];
        pool.events$.subscribe((event) => events.push(event));
        try {
          await pool.warmUp(4);
          for (const session of sessions.slice(-dead)) session.destroy();
          await sleep(20);
          const { failed, successful } = await lastValueFrom(
            range(3_000).pipe(
              withConnection(pool, (session) => from(get(session))),
              batchParallel(4 * capacity),
            ),
          );
          expect(failed.length + successful.length).toBe(3_000);
          expect(failed.length).toBeGreaterThan(0);
          expect(failed.length).toBeLessThanOrEqual(dead * (5 + capacity));
          const evictions = events.flatMap((event) => (event.type === 'evicted' ? [event] : []));
          expect(evictions.length).toBe(dead);
          for (const { reason, error, ...more } of evictions) {
            expect(reason).toBe('outlier');
            expect((more as { failures?: number }).failures).toBeGreaterThanOrEqual(5);
            expect(error).toEqual(jasmine.objectContaining({ code: 'ERR_HTTP2_INVALID_SESSION' }));
          }
        } finally {
          await pool.destroy({ timeout: 0 });
          await server.stop();
        }
      }, 60_000);
    }
  }
});
