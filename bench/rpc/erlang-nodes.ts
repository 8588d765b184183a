import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LeftOut } from '../runner/case';

/** A node of Erlang in a process of its own, which ends with this one. */
export interface BenchNode {
  readonly name: string;
  readonly port: number;
  readonly cookie: string;
}

const source = JSON.stringify(join(process.cwd(), 'bench/servers/bench_node.erl'));
const load = `{ok, M, B} = compile:file(${source}, [binary]), {module, M} = code:load_binary(M, "", B)`;

/** Starts the node that receives the calls. */
export async function startErlangNode(): Promise<BenchNode> {
  const port = await freePort();
  const node = { name: 'bench@127.0.0.1', port, cookie: randomBytes(9).toString('base64url') };
  const listen = ['inet_dist_listen_min', String(port), 'inet_dist_listen_max', String(port)];
  await run(node, ['-name', node.name, '-kernel', 'inet_dist_use_interface', '{127,0,0,1}', ...listen], 'M:serve()', /ready/); // prettier-ignore
  return node;
}

/** The calls per second that another Erlang node makes with the same number of callers. */
export async function rateOfErlang(node: BenchNode, callers: number, ms: number): Promise<number> {
  const calls = `M:run('${node.name}', ${callers}, ${Math.max(300, ms / 4)}, ${ms})`;
  const said = await run(node, ['-name', 'caller@127.0.0.1', '-dist_listen', 'false'], calls, /rate (\d+)/);
  return Number(said[1]);
}

function run(
  { port, cookie }: BenchNode,
  args: readonly string[],
  call: string,
  until: RegExp,
): Promise<RegExpExecArray> {
  // prettier-ignore
  const home = mkdtempSync(join(tmpdir(), 'bench-erlang-'));
  writeFileSync(join(home, '.erlang.cookie'), cookie, { mode: 0o400 });
  const erl: ChildProcess = spawn(
    'erl',
    [
      '-noshell',
      '-noinput',
      // Idle schedulers must not spin: on a machine with few cores that takes time from the client.
      ...['+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none'],
      '-start_epmd',
      'false',
      '-erl_epmd_port',
      String(port),
      ...args,
      '-eval',
      `${load}, ${call}.`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: home } },
  );
  process.once('exit', () => {
    erl.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });
  return new Promise((resolve, reject) => {
    let output = '';
    const listen = (chunk: Buffer): void => {
      output += chunk.toString();
      const found = until.exec(output);
      if (found !== null) resolve(found);
    };
    erl.stdout?.on('data', listen);
    erl.stderr?.on('data', listen);
    erl.once('error', () => reject(new LeftOut('erl is not installed')));
    erl.once('exit', () => reject(new Error(`erl has ended: ${output}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
