import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An Erlang node with the `gen_server` of `word_count.erl`, on a free port of loopback, without EPMD. */
export interface StartedErlang {
  readonly name: string;
  readonly port: number;
  readonly cookie: string;
  close(): Promise<void>;
}

/** Starts one; undefined where Erlang is not installed. */
export async function startErlang(): Promise<StartedErlang | undefined> {
  const home = mkdtempSync(join(tmpdir(), 'erlang-'));
  const cookie = randomBytes(12).toString('base64url');
  // Other users of this machine can read arguments, so the cookie is not one of them.
  writeFileSync(join(home, '.erlang.cookie'), cookie, { mode: 0o400 });
  const port = await freePort();
  const name = 'worker@127.0.0.1';
  const source = JSON.stringify(fileURLToPath(new URL('word_count.erl', import.meta.url)));
  const start = `{ok, M, B} = compile:file(${source}, [binary]), {module, M} = code:load_binary(M, "", B), {ok, _} = M:start()`;
  const erl = spawn(
    'erl',
    [
      ...['-noshell', '-noinput', '-name', name, '-start_epmd', 'false', '-erl_epmd_port', String(port)],
      ...['-kernel', 'inet_dist_use_interface', '{127,0,0,1}'],
      ...['inet_dist_listen_min', String(port), 'inet_dist_listen_max', String(port)],
      ...['-eval', `${start}, io:format("ready~n").`],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, HOME: home } },
  );
  const gone = once(erl, 'exit').then(
    () => true,
    () => false,
  );
  const close = async (): Promise<void> => {
    erl.kill('SIGKILL');
    await gone;
    rmSync(home, { recursive: true, force: true });
  };
  process.once('exit', () => erl.kill('SIGKILL'));
  const isReady = await Promise.race([
    new Promise<boolean>((resolve) => {
      let output = '';
      erl.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('ready\n')) resolve(true);
      });
    }),
    gone.then(() => false),
  ]);
  if (isReady) return { name, port, cookie, close };
  rmSync(home, { recursive: true, force: true });
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
