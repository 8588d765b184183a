import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { firstValueFrom, from, lastValueFrom } from 'rxjs';
import { atom, connectErlangNode, encodeTerm, tuple } from '../../../src/connectors/erlang/index';
import { batchParallel, createPool, withConnection } from '../../../src/index';
import { effort } from '../../helpers/effort';
import { erlangNode, erlangNodes, freePort, hasErlang, listens } from '../../helpers/erlang';
import { needs } from '../../helpers/peers';
import { until } from '../../helpers/turns';
import { selfSigned } from '../certificate';
import { after, failureOf } from '../msgpack-rpc/support';
import { answerOf, reaching, scene } from './support';
import { anyTerm } from './term-arbitrary';

const eventually = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await after(10);
};
const echo = (term: any) => tuple(atom('echo'), term);

describe('a node of Erlang', () => {
  const { connect, open } = scene();
  const node = erlangNode();

  it('reads any term, and writes it back as the same', async () => {
    const connection = await connect(node());
    await fc.assert(
      fc.asyncProperty(anyTerm, async (term) => {
        const back = await answerOf(connection.call('echo', echo(term)));
        // The order in which Erlang writes the keys of a map is its own.
        const there = await answerOf(connection.call('echo', tuple(atom('same'), term, encodeTerm(back))));
        expect(there).toBe(true);
      }),
      { numRuns: effort(200, 3_000) },
    );
  });

  it('has no new atom after 1,000 connects and closes', async () => {
    const watching = await connect(node());
    const options = reaching(node());
    const openAndClose = () => firstValueFrom(connectErlangNode(node().name, options)());
    // Names are used again when the node has noticed that their connections are closed.
    const allClosed = () => eventually(async () => (await answerOf(watching.call('echo', atom('nodes')))) === 1);
    const held = await Promise.all(Array.from({ length: 40 }, () => open(node().name, options)));
    for (const { close } of held) close();
    await allClosed();
    const before = await answerOf(watching.call('echo', atom('atom_count')));
    for (let i = 0; i < effort(20, 200); i++) {
      await Promise.all(Array.from({ length: 5 }, openAndClose));
      await allClosed();
    }
    expect(await answerOf(watching.call('echo', atom('atom_count')))).toBe(before);
  });

  it('sends and gets terms of 64 MB', async () => {
    const connection = await connect(node());
    const size = effort(16, 64) * 1024 * 1024;
    const reply = await answerOf(connection.call('echo', tuple(atom('bytes'), size)));
    expect(reply.length).toBe(size);
    expect(reply.every((byte: number) => byte === 0x78)).toBe(true);
    const sent = Buffer.alloc(size, 'abc');
    expect((await answerOf(connection.call('echo', echo(sent)))).equals(sent)).toBe(true);
  });
});

describe('faults of a node of Erlang', () => {
  const { open } = scene();
  const start = erlangNodes();

  it('that is killed in the middle of a batch leave one outcome for each item, and the pool goes on when it is back', async () => {
    let node = await start();
    const pool = createPool({ connect: connectErlangNode(node.name, reaching(node)), max: 4, capacity: 4, retryDelay: { initial: 20, max: 100 } }); // prettier-ignore
    const items = Array.from({ length: 200 }, (_, i) => i);
    let done = 0;
    const result$ = from(items).pipe(
      withConnection(pool, (connection, item) => connection.call('echo', tuple(atom('sleep'), 5, item))),
      batchParallel(16),
    );
    const killing = until(() => (done = pool.stats.successfulOperations) > 30).then(() => node.kill());
    const result: any = await lastValueFrom(result$);
    await killing;
    expect(done).toBeGreaterThan(30);
    expect([...result.successful, ...result.failed]).toHaveSize(200);
    for (const { error } of result.failed) expect(error.code).toMatch(/^(ERLANG_NODE_DOWN|CONNECTION_FAILED)$/);
    node = await node.again();
    await eventually(
      async () => (await answerOf(pool.use((connection) => connection.call('echo', echo(1)))).catch(() => 0)) === 1,
    );
    await pool.destroy();
  });

  it('that stands still is noticed by its missing ticks, and one that ticks is not', async () => {
    const node = await start({ args: ['-kernel', 'net_ticktime', '4'] });
    const { connection, ended } = await open(node.name, { ...reaching(node), tickInterval: 1_500 });
    // As long as it takes until either side closes a silent connection.
    await answerOf(connection.call('echo', tuple(atom('sleep'), effort(1_000, 6_000), 1)));
    expect(await answerOf(connection.call('echo', echo('alive')))).toEqual(Buffer.from('alive'));
    const call = failureOf(connection.call('echo', tuple(atom('sleep'), 60_000, 1)));
    node.pause();
    expect((await ended).name).toBe('ErlangTickError');
    expect((await call).name).toBe('ErlangTickError');
    node.resume();
    const again = await open(node.name, reaching(node));
    expect(await answerOf(again.connection.call('echo', echo(2)))).toBe(2);
  });

  it('that allows some names only says why in its log, and is connected to by one of them', async () => {
    const node = await start({ start: "spec_peer:start(), net_kernel:allow(['mine@127.0.0.1'])" });
    const error = await failureOf(open(node.name, reaching(node)));
    expect(error.name).toBe('ErlangFlagsError');
    expect(error.message).toContain('one of these as the option name');
    await until(() => node.output().includes('disallowed node'));
    const { connection } = await open(node.name, { ...reaching(node), name: 'mine@127.0.0.1' });
    expect(await answerOf(connection.call('echo', echo(1)))).toBe(1);
  });

  it('that stops in order completes the connection', async () => {
    const node = await start();
    const { connection, ended } = await open(node.name, { ...reaching(node), allowRemoteCalls: true });
    await answerOf(connection.erpc('init', 'stop'));
    expect(await ended).toBe('complete');
  });
});

describe('EPMD', () => {
  const { open } = scene();
  const start = erlangNodes();
  let epmd: ReturnType<typeof spawn> | undefined;
  afterEach(() => void epmd?.kill('SIGKILL'));

  it('says which port a node has, by its name, and which names it does not know', async () => {
    const port = await freePort();
    epmd = spawn('epmd', ['-address', '127.0.0.1', '-port', String(port)], { stdio: 'ignore' });
    await eventually(() => listens(port));
    const node = await start({ name: 'looked_up', epmd: port, start: 'spec_peer:start()' });
    const options = { cookie: node.cookie, epmd: { port } };
    const { connection } = await open(node.name, options);
    expect(await answerOf(connection.call('echo', echo(1)))).toBe(1);
    const unknown = await failureOf(open('missing@127.0.0.1', options));
    expect(unknown.name).toBe('ErlangUnknownNameError');
    const none = await failureOf(open('missing@127.0.0.1', { ...options, epmd: { port: await freePort() } }));
    expect(none.name).toBe('ErlangEpmdError');
    expect(none.message).toContain('-sname');
  });
});

describe('TLS between this side and a node', () => {
  const { open } = scene();
  const start = erlangNodes();
  let ssl: boolean | undefined;
  needs('ssl of Erlang', () => (ssl ??= hasErlang() && hasSsl()));

  it('carries the whole protocol', async () => {
    const { key, cert } = selfSigned(['localhost'], ['127.0.0.1']);
    const folder = mkdtempSync(join(tmpdir(), 'erlang-tls-'));
    writeFileSync(join(folder, 'key.pem'), key);
    writeFileSync(join(folder, 'cert.pem'), cert);
    const file = (name: string): string => JSON.stringify(join(folder, name));
    writeFileSync(
      join(folder, 'tls.conf'),
      `[{server, [{certfile, ${file('cert.pem')}}, {keyfile, ${file('key.pem')}}]}, {client, [{verify, verify_none}]}].`,
    );
    const node = await start({ args: ['-proto_dist', 'inet_tls', '-ssl_dist_optfile', join(folder, 'tls.conf')] });
    const { connection } = await open(node.name, { ...reaching(node), tls: { ca: cert } });
    expect(await answerOf(connection.call('echo', echo('secret')))).toEqual(Buffer.from('secret'));
    const large = Buffer.alloc(3_000_000, 'xyz');
    expect((await answerOf(connection.call('echo', echo(large)))).equals(large)).toBe(true);
    const plain = await failureOf(open(node.name, { ...reaching(node), connectTimeout: 2_000 }));
    expect(plain.name).toMatch(/^Erlang(Connect|Protocol)Error$/);
    const distrusted = await failureOf(open(node.name, { ...reaching(node), tls: true }));
    expect(distrusted.name).toBe('ErlangConnectError');
    rmSync(folder, { recursive: true });
  });
});

function hasSsl(): boolean {
  const expression = 'io:format("~p", [filelib:is_dir(code:lib_dir(ssl))]), halt().';
  try {
    return execFileSync('erl', ['-noshell', '-noinput', '-eval', expression]).toString() === 'true';
  } catch {
    return false;
  }
}
