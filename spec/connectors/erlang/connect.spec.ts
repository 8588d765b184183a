import { inspect } from 'node:util';
import {
  atom,
  connectErlangNode,
  decodeTerm,
  encodeTerm,
  tuple,
  type ErlangNodeOptions,
} from '../../../src/connectors/erlang/index';
import { createPool, InvalidConfigError } from '../../../src/index';
import { erlangNode, freePort } from '../../helpers/erlang';
import { after, failureOf } from '../msgpack-rpc/support';
import { framed32, named, ScriptedNode, type Script } from './scripted-node';
import { answerOf, scene } from './support';

const NAME = 'worker@127.0.0.1';
const COOKIE = 'a secret that nothing may show';

describe('connectErlangNode', () => {
  const issuesOf = (target: unknown, options: unknown): readonly string[] => {
    try {
      connectErlangNode(target as string, options as ErlangNodeOptions);
    } catch (error) {
      if (error instanceof InvalidConfigError) return error.issues;
      throw error;
    }
    return [];
  };

  it('takes names of nodes, and says what is wrong with others', () => {
    const right = [NAME, 'a@b', 'worker_1-x@node.example.com', 'žába@host', 'n@::1'];
    for (const name of right)
      expect(issuesOf(name, { cookie: COOKIE }))
        .withContext(name)
        .toEqual([]);
    for (const name of ['worker', '@host', 'worker@', 'a@b@c', 'a b@c', "a'@c", 'a@b c', 5, undefined, '']) {
      expect(issuesOf(name, { cookie: COOKIE }))
        .withContext(String(name))
        .toHaveSize(1);
    }
  });

  it('names everything that is wrong with its options at once, and never the cookie', () => {
    const issues = issuesOf(NAME, {
      cookie: 5,
      port: 70_000,
      epmd: { host: '', port: 0, other: 1 },
      hostname: 'a b',
      name: 'nothing',
      connectTimeout: 0,
      tls: 'yes',
      tickInterval: 1,
      limits: { maxBytes: 0, maxNodes: 1 },
      allowRemoteCalls: 'yes',
      coockie: COOKIE,
    });
    expect(issues.map((issue) => /^[\w.]+/.exec(issue)![0]).sort()).toEqual([
      'allowRemoteCalls', 'connectTimeout', 'cookie', 'coockie', 'epmd.host', 'epmd.other', 'epmd.port', 'hostname', 'limits.maxBytes', 'limits.maxNodes',
      'name', 'port', 'tickInterval', 'tls',
    ].sort()); // prettier-ignore
    expect(issues.join()).not.toContain(COOKIE);
    expect(issuesOf(NAME, COOKIE)).toEqual(['options must be an object with a cookie in it, but got a string']);
    expect(issuesOf(NAME, {}).join()).toContain('cookie must be a string, or a function');
    for (const cookie of ['', 'x'.repeat(256), 'ž', null]) expect(issuesOf(NAME, { cookie })).toHaveSize(1);
  });
});

describe('a handshake', () => {
  const { open, serve } = scene();
  const scripted = async (script: Partial<Script> = {}): Promise<{ port: number; nodes: ScriptedNode[] }> => {
    const nodes: ScriptedNode[] = [];
    const port = await serve((socket) => {
      nodes.push(new ScriptedNode(socket, { name: NAME, cookie: COOKIE, ...script }));
    });
    return { port, nodes };
  };
  const failing = async (script: Partial<Script>, options: Partial<ErlangNodeOptions> = {}): Promise<any> => {
    const { port } = await scripted(script);
    return failureOf(open(NAME, { cookie: COOKIE, port, ...options }));
  };

  it('says what this side can do, and asks for a name', async () => {
    const { port, nodes } = await scripted();
    const { connection } = await open(NAME, { cookie: COOKIE, port });
    expect(connection.name).toBe('CLIENT@127.0.0.1');
    const greeting = nodes[0]!.greeting!;
    expect(greeting.toString('latin1', 0, 1)).toBe('N');
    // With NAME_ME, which is bit 33. None of PUBLISHED, DIST_HDR_ATOM_CACHE, FRAGMENTS, ALIAS, ALTACT_SIG.
    expect(greeting.readBigUInt64BE(1)).toBe(0x507470fbcn | (1n << 33n));
    expect(greeting.readBigUInt64BE(1) & (0x1n | 0x2000n | 0x800000n | (1n << 35n) | (1n << 37n))).toBe(0n);
    expect(greeting.readUInt32BE(9)).toBe(0);
    expect(greeting.toString('utf8', 15)).toBe('127.0.0.1');
    expect(greeting.readUInt16BE(13)).toBe(9);
  });

  it('uses a name of its own, and the host part that it is told to', async () => {
    const own = await scripted({ status: Buffer.from('ok') });
    const { connection } = await open(NAME, { cookie: COOKIE, port: own.port, name: 'client@127.0.0.1' });
    expect(connection.name).toBe('client@127.0.0.1');
    expect(own.nodes[0]!.greeting!.readBigUInt64BE(1)).toBe(0x507470fbcn);
    expect(own.nodes[0]!.greeting!.readUInt32BE(9)).toBeGreaterThan(3);
    const hosted = await scripted();
    await open(NAME, { cookie: COOKIE, port: hosted.port, hostname: 'here' });
    expect(hosted.nodes[0]!.greeting!.toString('utf8', 15)).toBe('here');
  });

  it('fails with an error of its own for each thing that can be wrong', async () => {
    const wrong: [string, RegExp, Partial<Script>, Partial<ErlangNodeOptions>][] = [
      ['ErlangCookieError', /does not know the cookie/, { cookie: 'another' }, {}],
      ['ErlangNameTakenError', /Leave out the option name/, { status: Buffer.from('alive') }, { name: 'a@b' }],
      ['ErlangNameTakenError', /set max to 1/, { status: Buffer.from('nok') }, { name: 'a@b' }],
      [
        'ErlangFlagsError',
        /net_kernel:allow.*0x507470fbc, enough for OTP 23 to 29/,
        { status: Buffer.from('not_allowed') },
        {},
      ],
      ['ErlangFlagsError', /older than OTP 23/, { status: Buffer.from('ok') }, {}],
      ['ErlangFlagsError', /UTF8_ATOMS/, { flags: 0x1000000n }, {}],
      ['ErlangFlagsError', /version 5/, { challenge: Buffer.from('n\0\x05') }, {}],
      ['ErlangUnknownNameError', /'other@127.0.0.1'/, { name: 'other@127.0.0.1' }, {}],
      ['ErlangProtocolError', /a status was expected/, { status: Buffer.from('what\x1b[31m') }, {}],
      ['ErlangProtocolError', /a name was expected/, { status: Buffer.from('named:\0\xff') }, {}],
      ['ErlangProtocolError', /a name was expected/, { status: named(`${'x'.repeat(300)}@h`) }, {}],
      ['ErlangProtocolError', /a name was expected/, { status: named('two words@h') }, {}],
      ['ErlangProtocolError', /a challenge was expected/, { challenge: Buffer.from('N12') }, {}],
      ['ErlangProtocolError', /proof of its cookie/, { ack: Buffer.from('a1') }, {}],
      ['ErlangProtocolError', /beyond maxBytes/, { ack: Buffer.alloc(3000) }, {}],
    ];
    for (const [name, message, script, options] of wrong) {
      const error = await failing(script, options);
      expect(error.name).withContext(String(message)).toBe(name);
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain('\x1b');
      expect(error.target).toBe(NAME);
      for (const text of [inspect(error, { depth: 9 }), JSON.stringify(error)]) expect(text).not.toContain(COOKIE);
    }
  });

  it('tells a refused cookie by the closed connection, and anything else by what was under way', async () => {
    const refusing = await serve((socket) => {
      const node = new ScriptedNode(socket, { name: NAME, cookie: COOKIE, ack: Buffer.alloc(0) });
      void node.connected.then(() => socket.destroy());
    });
    const refused = await failureOf(open(NAME, { cookie: COOKIE, port: refusing }));
    expect(['ErlangCookieError', 'ErlangProtocolError']).toContain(refused.name);
    const closing = await serve((socket) => socket.once('data', () => socket.destroy()));
    const closed = await failureOf(open(NAME, { cookie: COOKIE, port: closing }));
    expect(closed.name).toBe('ErlangConnectError');
    expect(closed.message).toContain('TLS');
    const nothing = await failureOf(open(NAME, { cookie: COOKIE, port: await freePort() }));
    expect(nothing.name).toBe('ErlangConnectError');
    expect(nothing.message).toContain('ECONNREFUSED');
    const silentPort = await serve(() => {});
    const silent = await failureOf(open(NAME, { cookie: COOKIE, port: silentPort, connectTimeout: 50 }));
    expect(silent.name).toBe('ErlangConnectError');
    expect(silent.message).toMatch(/in the handshake|connecting/);
    expect(silent.message).toContain('connectTimeout');
  });

  it('fetches the cookie for each connect, and keeps it to itself', async () => {
    const { port } = await scripted();
    const target = (cookie: unknown) => open(NAME, { cookie: cookie as string, port });
    const { connection } = await target(() => Promise.resolve(COOKIE));
    expect(inspect(connection)).toBe(`ErlangConnection to ${NAME}`);
    for (const text of [
      inspect(connection, { depth: 9, showHidden: true, customInspect: false }),
      JSON.stringify(connection),
    ]) {
      expect(text).not.toContain(COOKIE);
    }
    expect((await failureOf(target(() => 5))).message).toContain('returned none: it is a number');
    const thrown = await failureOf(target(() => { throw new Error('no vault'); })); // prettier-ignore
    expect(thrown.name).toBe('ErlangConnectError');
    expect(thrown.cause.message).toBe('no vault');
  });

  it('is the reason of the error that the pool gives', async () => {
    const { port } = await scripted({ cookie: 'another' });
    const pool = createPool({ connect: connectErlangNode(NAME, { cookie: COOKIE, port }), max: 1, retryDelay: 0, acquireTimeout: 60_000 }); // prettier-ignore
    const error = await failureOf(pool.use((node) => node.call('echo', 1)));
    expect(error.name).toBe('ConnectionFailedError');
    expect(error.cause.name).toBe('ErlangCookieError');
    expect(inspect(pool.stats) + JSON.stringify(error)).not.toContain(COOKIE);
    await pool.destroy();
  });

  it('leaves a connection that answers ticks, and closes one that is silent', async () => {
    const { port, nodes } = await scripted();
    const { connection, ended } = await open(NAME, { cookie: COOKIE, port, tickInterval: 40 });
    const call = failureOf(connection.call('echo', 1));
    nodes[0]!.bytes(Buffer.alloc(4));
    while (!nodes[0]!.frames.some((frame) => frame.length === 0)) await after(5);
    const error = await ended;
    expect(error.name).toBe('ErlangTickError');
    expect(error.message).toContain('160 ms');
    expect((await call).name).toBe('ErlangTickError');
    // A tick that it sent of its own, after the one that was the answer.
    const ticks = (): number => nodes[0]!.frames.filter((frame) => frame.length === 0).length;
    while (ticks() < 2) await after(5);
    expect(ticks()).toBeGreaterThan(1);
  });

  it('leaves no timer of the connect when it is over, or is not wanted any more', async () => {
    const { port } = await scripted();
    const silent = await serve(() => undefined);
    const connectTimeout = 543_210;
    const set = spyOn(globalThis, 'setTimeout').and.callThrough();
    const cleared = spyOn(globalThis, 'clearTimeout').and.callThrough();
    const timersLeft = (): number =>
      set.calls
        .all()
        .filter(
          ({ args, returnValue }) =>
            args[1] === connectTimeout && !cleared.calls.allArgs().flat().includes(returnValue),
        ).length;
    await open(NAME, { cookie: COOKIE, port, connectTimeout });
    expect(timersLeft()).withContext('open').toBe(0);
    const connecting = connectErlangNode(NAME, { cookie: COOKIE, port: silent, connectTimeout })().subscribe();
    expect(timersLeft()).toBe(1);
    connecting.unsubscribe();
    expect(timersLeft()).withContext('unsubscribed').toBe(0);
  });

  it('is followed by frames of four bytes of length, in the same chunk or one byte at a time', async () => {
    const { port, nodes } = await scripted();
    const { connection } = await open(NAME, { cookie: COOKIE, port });
    const answer = answerOf(connection.call('echo', 'x'.repeat(300)));
    const [node] = nodes;
    while (node!.frames.length < 2) await after(2);
    const [monitor, request] = node!.frames as [Buffer, Buffer];
    const control = decodeTerm(monitor.subarray(1)) as any;
    expect(String(control)).toMatch(/^\{19, <.*>, echo, #Ref<.*>\}$/);
    expect(request.includes(Buffer.from('$gen_call'))).toBe(true);
    const [, pid, , reference] = control.elements;
    const reply = framed32(
      Buffer.concat([
        Buffer.of(112),
        encodeTerm(tuple(2, atom(''), pid)),
        encodeTerm(tuple(reference, 'y'.repeat(40))),
      ]),
    );
    for (const byte of reply) {
      node!.bytes(Buffer.of(byte));
      if (byte % 16 === 0) await after(1);
    }
    expect(String(await answer)).toBe('y'.repeat(40));
  });
});

describe('a real node', () => {
  const { open, connect } = scene();
  const node = erlangNode();

  it('is connected to by its name, and gives a name', async () => {
    const connection = await connect(node());
    expect(connection.target).toBe(NAME);
    expect(connection.name).toMatch(/^\w+@127\.0\.0\.1$/);
  });

  it('refuses another cookie, and a name that it has already', async () => {
    const { port } = node();
    const error = await failureOf(open(NAME, { port, cookie: 'wrong' }));
    expect(error.name).toBe('ErlangCookieError');
    expect(error.message).toContain('~/.erlang.cookie');
    await connect(node(), { name: 'mine@127.0.0.1' });
    expect((await failureOf(connect(node(), { name: 'mine@127.0.0.1' }))).name).toBe('ErlangNameTakenError');
  });

  it('is not what it is called elsewhere', async () => {
    const { port, cookie } = node();
    expect((await failureOf(open('other@127.0.0.1', { port, cookie }))).name).toBe('ErlangUnknownNameError');
  });
});
