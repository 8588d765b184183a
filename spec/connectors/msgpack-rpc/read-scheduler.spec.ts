import { Inbox } from '../../../src/connectors/msgpack-rpc/inbox';
import { createLiteCodec, type Methods } from '../../../src/connectors/msgpack-rpc/index';
import { serverLimits, type ServeLimits } from '../../../src/connectors/msgpack-rpc/limits';
import { Session } from '../../../src/connectors/msgpack-rpc/session';
import { ReadScheduler } from '../../../src/connectors/msgpack-rpc/read-scheduler';
import { MemorySocket } from './memory-socket';
import { until } from '../../helpers/turns';
import { messagesIn, pack } from './support';

const codec = createLiteCodec();
const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Clients of one node, in memory: what one hears is read in turn with what the others do. */
function node(methods: Methods, limits: Partial<ServeLimits> = {}) {
  const readScheduler = new ReadScheduler();
  const client = (name: string) => {
    const wire = new MemorySocket();
    const session = new Session(
      wire.socket,
      {
        target: name,
        codec,
        limits: { ...serverLimits, ...limits },
        methods: new Map(Object.entries(methods)),
        role: 'server',
        readScheduler,
      },
      () => {},
    );
    return {
      session,
      wire,
      hear: (...messages: unknown[]) => wire.hear(Buffer.concat(messages.map(pack))),
      get answers() {
        const inbox = new Inbox(serverLimits);
        inbox.push(wire.said);
        return [...messagesIn(inbox)].map((bytes) => codec.decode(bytes) as any[]);
      },
    };
  };
  return { client };
}

const requests = (count: number, method: string, ...params: unknown[]): unknown[] =>
  Array.from({ length: count }, (_, i) => [0, i + 1, method, params]);

describe('the clients of a node', () => {
  /** The clients that were served, in order. */
  let served: string[];
  const methods: Methods = {
    serve: (name: string) => void served.push(name),
    later: async (name: string) => void served.push(name),
    /** As long as a turn at least, on any machine. */
    work: (name: string) => {
      served.push(name);
      const end = performance.now() + 2;
      while (performance.now() < end);
    },
  };
  beforeEach(() => (served = []));

  it('are read in turn: a flood of one is served as others let it, and in the end whole', async () => {
    const { client } = node(methods);
    const flooder = client('flooder');
    flooder.hear(...requests(10_000, 'serve', 'flooder'));
    expect(served.length).toBeGreaterThan(0);
    expect(served.length).toBeLessThan(200);
    client('good').hear(...requests(5, 'serve', 'good'));
    expect(served.slice(-5)).toEqual(Array(5).fill('good'));
    await until(() => served.length === 10_005);
    await aTurn();
    expect(flooder.answers.map(([, id]) => id as number)).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1));
  });

  it('are read in turn by the bytes of what they send, too', async () => {
    const { client } = node(methods);
    client('flooder').hear(...requests(100, 'serve', 'flooder', 'x'.repeat(100_000)));
    expect(served.length).toBeLessThan(5);
    await until(() => served.length === 100);
    expect(served.length).toBe(100);
  });

  it('take turns with each other when all of them flood', async () => {
    const { client } = node(methods);
    const names = ['a', 'b', 'c'];
    for (const name of names) client(name).hear(...requests(2_000, 'serve', name));
    await until(() => served.length === 6_000);
    // How much comes in one turn may differ; whose turn it is does not, for as long as all of them have something left.
    const turns = served.filter((name, i) => name !== served[i - 1]).join('');
    expect(turns).toMatch(/^(abc){5}/);
  });

  it('take turns by time where their calls take long', async () => {
    const { client } = node(methods);
    // More than what the budget of each is spent by, so that only time can end a turn of those that follow.
    client('a').hear(...requests(65, 'serve', '-'), ...requests(30, 'work', 'a'));
    client('b').hear(...requests(17, 'serve', '-'), ...requests(30, 'work', 'b'));
    await until(() => served.filter((name) => name !== '-').length === 60);
    const works = served.filter((name) => name !== '-').join('');
    expect(works.slice(works.indexOf('b'))).toMatch(/^(ba){5}/);
  });

  it('do not keep the event loop by calls that are answered a microtask later, however few may be in work at once', async () => {
    for (const maxCalls of [1, 10, 100_000]) {
      served = [];
      const { client } = node(methods, { maxCalls });
      client('flooder').hear(...requests(5_000, 'later', 'flooder'));
      await aTurn();
      expect(served.length).withContext(`maxCalls ${maxCalls}`).toBeLessThan(500);
      await until(() => served.length === 5_000);
    }
  });

  it('that notify and close are heard out', async () => {
    const { client } = node(methods);
    const leaver = client('leaver');
    leaver.hear(...Array.from({ length: 3_000 }, () => [2, 'serve', ['leaver']]));
    leaver.wire.hearEnd();
    expect(served.length).toBeLessThan(200);
    await until(() => served.length === 3_000);
    expect(served.length).toBe(3_000);
  });

  it('that are closed here while they wait for a turn get none', async () => {
    const { client } = node(methods);
    const closed = client('closed');
    closed.hear(...requests(3_000, 'serve', 'closed'));
    const { length } = served;
    closed.session.close();
    for (let i = 0; i < 5; i++) await aTurn();
    expect(served.length).toBe(length);
  });

  it('have no more read for them than a bound while they wait for a turn', async () => {
    const { client } = node(methods);
    const flooder = client('flooder');
    for (let i = 0; i < 100; i++) flooder.hear(...requests(500, 'serve', 'flooder'));
    expect(flooder.wire.isPaused()).toBeTrue();
    await until(() => served.length === 50_000);
    await aTurn();
    expect(flooder.wire.isPaused()).toBeFalse();
  });
});
