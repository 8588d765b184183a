import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from './peers';
import { until } from './turns';

/** A node of Erlang that listens on loopback. */
export interface ErlangNode {
  /** Its name, such as `worker@127.0.0.1`. */
  readonly name: string;
  readonly port: number;
  readonly cookie: string;
  readonly process: ChildProcess;
  /** What it has printed. */
  readonly output: () => string;
  /** Stops the process. The kernel continues to accept connections for it. */
  pause(): void;
  resume(): void;
  /** Kills it, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts another one of the same name, at the same place. */
  again(): Promise<ErlangNode>;
}

export interface ErlangNodeOptions {
  /** Default 'worker'. */
  readonly name?: string;
  /** Further arguments of `erl`. */
  readonly args?: readonly string[];
  /** Registers at an EPMD that listens on this port of loopback; otherwise there is none. */
  readonly epmd?: number;
  /** The expression that it evaluates first. Default: starts the processes of `spec_peer.erl`. */
  readonly start?: string;
  /** Default `erl`. */
  readonly program?: string;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether something listens there. */
export const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

const specs = fileURLToPath(new URL('../connectors/erlang', import.meta.url));
let compiled: string | undefined;

/** The folder of the compiled modules of the specs; a new process of this program compiles them anew. */
function compile(): string {
  if (compiled !== undefined) return compiled;
  const folder = mkdtempSync(join(tmpdir(), 'erlang-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Debian's erlang-base has the compiler in itself, and not erlc in every version.
  const sources = ['.', 'gleam', 'gleam/compiled']
    .flatMap((part) => readdirSync(join(specs, part)).map((name) => join(specs, part, name)))
    .filter((path) => path.endsWith('.erl'));
  const expression = `[{ok, _} = compile:file(Source, [{outdir, ${JSON.stringify(folder)}}, report]) || Source <- ${JSON.stringify(sources)}], halt(0).`;
  const { status, stdout } = spawnSync('erl', ['-noshell', '-noinput', '-eval', expression]);
  if (status !== 0) throw new Error(`The modules of the specs could not be compiled: ${stdout.toString()}`);
  return (compiled = folder);
}

let installed: boolean | undefined;
export const hasErlang = (): boolean =>
  (installed ??=
    spawnSync('erl', ['-noshell', '-noinput', '-eval', 'halt().'], { stdio: 'ignore' }).error === undefined);

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Starts a node. */
async function startErlang(options: ErlangNodeOptions = {}): Promise<ErlangNode> {
  const { name = 'worker', args = [], epmd, start = 'spec_peer:start()', program = 'erl' } = options;
  const port = await freePort();
  const cookie = randomBytes(9).toString('base64url');
  return launch({ name: `${name}@127.0.0.1`, args, epmd, start, program, port, cookie });
}

interface Launch {
  readonly name: string;
  readonly args: readonly string[];
  readonly epmd: number | undefined;
  readonly start: string;
  readonly program: string;
  readonly port: number;
  readonly cookie: string;
}

async function launch(how: Launch): Promise<ErlangNode> {
  const { name, args, epmd, start, program, port, cookie } = how;
  const folder = mkdtempSync(join(tmpdir(), 'erlang-home-'));
  // The cookie is not an argument: other users of this machine can list the arguments of a process.
  writeFileSync(join(folder, '.erlang.cookie'), cookie, { mode: 0o400 });
  const child = spawn(
    program,
    [
      ...['-noshell', '-noinput', '-name', name, '-pa', compile(), '+S', '1:1'],
      ...(epmd === undefined ? ['-start_epmd', 'false', '-erl_epmd_port', String(port)] : []),
      ...['-kernel', 'inet_dist_use_interface', '{127,0,0,1}'],
      ...['inet_dist_listen_min', String(port), 'inet_dist_listen_max', String(port)],
      ...args,
      ...['-eval', `${start}, io:format("ready~n").`],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        HOME: folder,
        ERL_CRASH_DUMP_BYTES: '0',
        ...(epmd === undefined ? {} : { ERL_EPMD_PORT: String(epmd) }),
      },
    },
  );
  running.add(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      isGone = true;
      running.delete(child);
      rmSync(folder, { recursive: true, force: true });
      resolve();
    });
  });
  await until(() => {
    if (isGone) throw new Error(`The Erlang node has ended: ${output}`);
    return output.includes('ready\n');
  });
  return {
    name,
    port,
    cookie,
    process: child,
    output: () => output,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
    again: () => launch(how),
  };
}

/**
 * Inside a `describe`: its specs need Erlang; where it is not installed they are pending. Starts a node for all of them, and gives it. A function is
 * called when they begin, and may return undefined if something else is missing.
 */
export function erlangNode(options: ErlangNodeOptions | (() => ErlangNodeOptions | undefined) = {}): () => ErlangNode {
  needs('erl', hasErlang);
  let node: ErlangNode | undefined;
  beforeAll(async () => {
    if (!hasErlang()) return;
    const how = typeof options === 'function' ? options() : options;
    if (how !== undefined) node = await startErlang(how);
  });
  afterAll(() => node?.kill());
  return () => node!;
}

/** Inside a `describe`: starts nodes that are gone after each spec. */
export function erlangNodes(): (options?: ErlangNodeOptions) => Promise<ErlangNode> {
  needs('erl', hasErlang);
  const nodes = new Set<ErlangNode>();
  afterEach(async () => {
    for (const node of nodes) await node.kill();
    nodes.clear();
  });
  const kept = (node: ErlangNode): ErlangNode => {
    const again = async (): Promise<ErlangNode> => kept(await node.again());
    const all = { ...node, again };
    nodes.add(all);
    return all;
  };
  return async (options) => kept(await startErlang(options));
}
