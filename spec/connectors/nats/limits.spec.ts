import { connect as connectClient, headers, type NatsConnection as Client, type Msg } from '@nats-io/transport-node';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, forkJoin, of, Subject, take, toArray } from 'rxjs';
import { createPool } from '../../../src/index';
import { connectNats, type NatsStatus } from '../../../src/connectors/nats/index';
import { peer } from '../../helpers/peers';
import { until } from '../../helpers/turns';
import { natsServers, type NatsServer } from './servers';
import { answerOf, failureOf, scene } from './support';

describe('limits of a connection to NATS', () => {
  const start = natsServers(peer('nats-server'));
  const { open, serve, cleanup } = scene();
  let server: NatsServer;
  let at: string;
  let hostile: Client;
  beforeEach(async () => {
    server = await start.one();
    at = server.address;
    hostile = await connectClient({ servers: at });
    cleanup(() => hostile.close());
  });

  const answering = async (subject: string, answer: (message: Msg) => void): Promise<void> => {
    hostile.subscribe(subject, { callback: (_, message) => answer(message) });
    await hostile.flush();
  };
  /** Arrays in arrays, each of one element. */
  const deep = Buffer.alloc(1_000, 0x91);
  /** An array that claims four billion elements. */
  const vast = Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]);
  /** A thousand arrays that each claim sixty thousand elements. */
  const nested = Buffer.concat(Array.from({ length: 1_000 }, () => Buffer.from([0xdc, 0xff, 0xff])));

  for (const [what, bytes, code] of [
    ['nested too deep', deep, 'NATS_LIMIT'],
    ['of too many elements', vast, 'NATS_LIMIT'],
    ['that would cost 500 MB', nested, 'NATS_LIMIT'],
    ['cut short', Buffer.from([0x93, 0x01]), 'NATS_DECODE'],
    ['with bytes behind its value', Buffer.from([0x01, 0x02]), 'NATS_DECODE'],
    ['that is no MessagePack', Buffer.from([0xc1]), 'NATS_DECODE'],
  ] as const) {
    it(`refuses a reply ${what}, and the connection is as good as before`, async () => {
      await answering('hostile', (message) => void message.respond(bytes));
      await answering('good', (message) => void message.respond(message.data));
      const { connection } = await open(at);
      const error = await failureOf(connection.request('hostile'));
      expect(error).toEqual(jasmine.objectContaining({ name: 'NatsPayloadError', code, subject: 'hostile' }));
      expect(await answerOf(connection.request('good', [1]))).toEqual([1]);
    });
  }

  it('takes __proto__ for a key like any other', async () => {
    const bytes = Buffer.from([0x81, 0xa9, ...Buffer.from('__proto__'), 0x81, 0xa1, 0x61, 0x01]);
    await answering('hostile', (message) => void message.respond(bytes));
    const { connection } = await open(at);
    const value = await answerOf(connection.request('hostile'));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value as object)).toEqual(['__proto__']);
  });

  it('refuses a reply larger than maxMessageBytes, whatever the codec', async () => {
    await answering('large', (message) => void message.respond('x'.repeat(1_001)));
    const codec = { encode: () => new Uint8Array(1), decode: (bytes: Uint8Array) => bytes.length };
    const { connection } = await open(at, { codec, limits: { maxMessageBytes: 1_000 } });
    expect((await failureOf(connection.request('large'))).code).toBe('NATS_LIMIT');
  });

  it('refuses headers beyond maxHeaderBytes, before the client reads them', async () => {
    const many = headers();
    many.append('A', 'x'.repeat(20_000));
    await answering('hostile', (message) => void message.respond(undefined, { headers: many }));
    const { connection } = await open(at);
    const error = await failureOf(connection.request('hostile'));
    expect(error.code).toBe('NATS_LIMIT');
    expect(error.message).toMatch(/brought 20\d+ bytes of headers, where 8192 are allowed \(maxHeaderBytes\)/);
  });

  it('drops a message that is refused, and says so in status$', async () => {
    const { connection } = await open(at);
    const status = firstValueFrom(connection.status$);
    const got = answerOf(connection.subscribe('news').pipe(take(1), toArray()));
    await answerOf(connection.ping());
    hostile.publish('news', vast);
    hostile.publish('news', Buffer.from([0x07]));
    expect((await got).map(({ value }) => value)).toEqual([7]);
    expect(((await status) as NatsStatus & { error: { code: string } }).error.code).toBe('NATS_LIMIT');
  });

  describe('of a service', () => {
    it('answers a hostile request with an error, runs no method, and goes on', async () => {
      let runs = 0;
      const service = await serve(at, { echo: (value: unknown) => (runs++, value) });
      const faults: Error[] = [];
      service.faults$.subscribe((fault) => faults.push(fault));
      const reply = await hostile.request('spec.echo', vast);
      expect(reply.headers!.get('Nats-Service-Error-Code')).toBe('400');
      expect(runs).toBe(0);
      expect(faults.map((fault) => (fault as Error & { code: string }).code)).toEqual(['NATS_LIMIT']);
      const { connection } = await open(at);
      expect(await answerOf(connection.request('spec.echo', 1))).toBe(1);
    });

    it('answers with 429 what goes beyond maxCalls, and takes the next when there is space', async () => {
      const hold = new Subject<number>();
      await serve(at, { hold: () => hold.pipe(take(1)) }, { limits: { maxCalls: 2 } });
      const { connection } = await open(at);
      const kept = answerOf(forkJoin([connection.request('spec.hold'), connection.request('spec.hold')]));
      const refused = await failureOf(connection.request('spec.hold'));
      expect(refused).toEqual(jasmine.objectContaining({ code: 'NATS_SERVICE_ERROR', remoteCode: 429 }));
      hold.next(7);
      expect(await kept).toEqual([7, 7]);
      const next = answerOf(connection.request('spec.hold'));
      await answerOf(connection.ping());
      await until(() => hold.observed);
      hold.next(8);
      expect(await next).toBe(8);
    });

    it('answers with 429 what goes beyond maxCallBytes, and takes the next when there is space', async () => {
      const hold = new Subject<number>();
      await serve(at, { hold: () => hold.pipe(take(1)) }, { limits: { maxCallBytes: 10_000 } });
      const { connection } = await open(at);
      const kept = answerOf(connection.request('spec.hold', 'x'.repeat(10_000)));
      const refused = await failureOf(connection.request('spec.hold', 'x'));
      expect(refused.remoteCode).toBe(429);
      hold.next(7);
      expect(await kept).toBe(7);
      const next = answerOf(connection.request('spec.hold', 'x'));
      await until(() => hold.observed);
      hold.next(8);
      expect(await next).toBe(8);
    });

    it('takes no more when it closes, answers what it has, and aborts what takes too long', async () => {
      const slow = new Subject<string>();
      let aborted: unknown;
      const aborting = new Subject<never>();
      const service = await serve(
        at,
        {
          slow: () => slow.pipe(take(1)),
          never: (_: unknown, { signal }) => {
            signal.addEventListener('abort', () => (aborted = signal.reason));
            return aborting;
          },
        },
        { closeTimeout: 300 },
      );
      const { connection } = await open(at, { requestTimeout: 10_000 });
      const answered = answerOf(connection.request('spec.slow'));
      connection.request('spec.never').subscribe({ error: () => {} });
      await until(() => slow.observed);
      const ends: string[] = [];
      service.status$.subscribe({ complete: () => ends.push('status$') });
      service.faults$.subscribe({ complete: () => ends.push('faults$') });
      const closing = service.close();
      expect(service.close()).toBe(closing);
      slow.next('in time');
      expect(await answered).toBe('in time');
      await closing;
      expect(aborted).toEqual(new Error('The service was closed'));
      expect(aborting.observed).toBeFalse();
      expect(ends.sort()).toEqual(['faults$', 'status$']);
      expect((await failureOf(connection.request('spec.slow'))).code).toBe('NATS_NO_RESPONDERS');
    });

    it('leaves no timer when it has closed', async () => {
      const service = await serve(at, { echo: (value: unknown) => value }, { closeTimeout: 600_000 });
      const set = spyOn(globalThis, 'setTimeout').and.callThrough();
      const cleared = spyOn(globalThis, 'clearTimeout').and.callThrough();
      await service.close();
      const timers = set.calls.all().filter(({ args }) => args[1] === 600_000);
      expect(timers.length).toBe(1);
      expect(cleared.calls.allArgs().flat()).toContain(timers[0]!.returnValue);
    });

    it('says, with the cause, that its connection was lost for good', async () => {
      const service = await serve(
        at,
        { echo: (value: unknown) => value },
        { client: { reconnectTimeWait: 10, maxReconnectAttempts: 1 } },
      );
      const faults: Error[] = [];
      const over = new Promise<void>((resolve) => {
        service.faults$.subscribe({ next: (fault) => faults.push(fault), complete: resolve });
      });
      await server.kill();
      await over;
      expect(faults).toEqual([jasmine.objectContaining({ code: 'NATS_CONNECTION_LOST' })]);
      expect(faults[0]!.cause).toBeInstanceOf(Error);
      expect(faults[0]!.message).toContain((faults[0]!.cause as Error).message);
    });
  });

  describe('of what waits to be sent', () => {
    it('sends nothing beyond maxUnsentBytes to a server that does not read, and fails beyond maxBacklogBytes', async () => {
      const limits = { maxUnsentBytes: 100_000, maxBacklogBytes: 200_000 };
      const { connection } = await open(at, { limits, requestTimeout: 60_000 });
      await answering('sink', (message) => void message.respond(message.data.subarray(0, 0)));
      server.signal('SIGSTOP');
      const before = connection.client.stats().outBytes;
      const payload = Buffer.alloc(10_000);
      const outcomes = Array.from({ length: 50 }, () =>
        answerOf(connection.request('sink', payload)).then(
          () => 'answered',
          (error: unknown) => (error as { code: string }).code,
        ),
      );
      await until(() => connection.client.stats().outBytes - before > 90_000);
      expect(connection.client.stats().outBytes - before).toBeLessThan(120_000);
      server.signal('SIGCONT');
      const counts = new Map<string, number>();
      for (const outcome of await Promise.all(outcomes)) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      expect([...counts.keys()].sort()).toEqual(['NATS_BACKLOG', 'answered']);
      expect(counts.get('answered')).toBeGreaterThanOrEqual(29);
      expect(await answerOf(connection.request('sink', 1))).toBe(null);
    });

    it('takes back a request that is unsubscribed while it waits for a server', async () => {
      const seen: unknown[] = [];
      const { connection } = await open(at, { client: { reconnectTimeWait: 20 } });
      const disconnected = firstValueFrom(connection.status$);
      await server.kill();
      await disconnected;
      const timedOut = failureOf(connection.request('work', 'timed out', { timeout: 20 }));
      connection.request('work', 'unsubscribed').subscribe().unsubscribe();
      const kept = answerOf(connection.request('work', 'kept')).catch(() => 'no responder yet');
      expect(await timedOut).toEqual(jasmine.objectContaining({ code: 'NATS_TIMEOUT', sent: false }));
      await server.start();
      const next = await connectClient({ servers: at });
      cleanup(() => next.close());
      next.subscribe('work', {
        callback: (_, message) => {
          seen.push(Buffer.from(message.data).toString('latin1'));
          message.respond(message.data);
        },
      });
      await next.flush();
      await kept;
      expect(seen.filter((text) => /unsubscribed|timed out/.test(String(text)))).toEqual([]);
    });
  });

  it('names every wrong option at once', () => {
    const wrong = () =>
      connectNats(['nats://me:secret@host', 'ws://host', 'host:0', ''], {
        limits: { maxDepth: 0, maxHeaderByte: 1 } as object,
        requestTimeout: -1,
        client: { servers: 'x' } as object,
        timeout: 5,
      } as object);
    expect(wrong).toThrowMatching(({ code, issues }: { code: string; issues: string[] }) => {
      expect(code).toBe('INVALID_CONFIG');
      expect(issues.length).toBe(9);
      expect(issues.join('\n')).not.toContain('secret');
      return true;
    });
  });

  it('lets the server say what is not allowed', async () => {
    await server.kill();
    const { one } = start;
    const folder = mkdtempSync(join(tmpdir(), 'nats-'));
    cleanup(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'server.conf');
    writeFileSync(
      file,
      `authorization { users: [ { user: u, password: p, permissions: { publish: ["open", "_INBOX.>"], subscribe: ["open", "_INBOX.>"] } } ] }`,
    );
    const closed = await one('-c', file);
    expect((await failureOf(connectNats(closed.address)())).code).toBe('NATS_CONNECT_FAILED');
    const { connection } = await open(closed.address, {
      requestTimeout: 60_000,
      client: { user: 'u', pass: 'p' },
    });
    expect((await failureOf(connection.request('secret', 1))).code).toBe('NATS_PERMISSION');
    expect((await failureOf(connection.subscribe('secret'))).code).toBe('NATS_PERMISSION');
    expect((await failureOf(connection.request('open', 1))).code).toBe('NATS_NO_RESPONDERS');
    const pool = createPool({ connect: connectNats(closed.address, { client: { user: 'u', pass: 'p' } }), max: 1 });
    cleanup(() => pool.destroy({ timeout: 0 }));
    expect(await answerOf(pool.use(() => of(1)))).toBe(1);
  });
});
