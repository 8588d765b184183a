import { spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { builtinMethods } from '../../../src/connectors/msgpack-rpc/index';
import { bundle } from '../../helpers/bundle';
import { selfSigned } from '../certificate';
import { scene } from './support';

const index = fileURLToPath(new URL('../../../src/connectors/msgpack-rpc/index.ts', import.meta.url));
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs a program that has `connection` open, and tells what it printed and how it ended: 'stayed' if it did not. */
async function run(target: string, body: string, tls = false): Promise<{ output: string; end: number | string }> {
  const library = pathToFileURL(await bundle(index)).href;
  const program = `
    import { connectNode } from ${JSON.stringify(library)};
    connectNode(${JSON.stringify(target)}, {
      keepAlive: { interval: 50, timeout: 60_000 },
      tls: ${tls} && { rejectUnauthorized: false },
    })().subscribe((connection) => {
      console.log('open');
      ${body}
    });`;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { cwd: root });
    let output = '';
    let errors = '';
    let stayed = false;
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const timer = setTimeout(() => {
      stayed = true;
      child.kill('SIGKILL');
    }, 60_000);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ output: output.trim().split('\n').join(' '), end: stayed ? 'stayed' : (code ?? errors) });
    });
  });
}

describe('a process', () => {
  const { serve } = scene();

  it('ends when all that is left is an idle connection', async () => {
    const node = await serve({ methods: builtinMethods });
    expect(await run(node.target, '')).toEqual({ output: 'open', end: 0 });
  });

  it('does the same with TLS', async () => {
    const node = await serve({ methods: builtinMethods, tls: selfSigned(['localhost']) });
    expect(await run(node.target, '', true)).toEqual({ output: 'open', end: 0 });
    const body = `connection.call('sleep', 300).subscribe((ms) => console.log('slept', ms));`;
    expect(await run(node.target, body, true)).toEqual({ output: 'open slept 300', end: 0 });
  });

  it('waits for the answer of a call, and then ends', async () => {
    const node = await serve({ methods: builtinMethods });
    const body = `connection.call('sleep', 300).subscribe((ms) => console.log('slept', ms));`;
    expect(await run(node.target, body)).toEqual({ output: 'open slept 300', end: 0 });
  });

  it('does not wait for a call that was cancelled', async () => {
    const node = await serve({ methods: builtinMethods });
    const body = `const call = connection.call('sleep', 60_000).subscribe(); setTimeout(() => call.unsubscribe(), 50);`;
    expect(await run(node.target, body)).toEqual({ output: 'open', end: 0 });
  });

  it('waits until a notification has left', async () => {
    const node = await serve({ methods: builtinMethods });
    const body = `connection.notify('echo', 'x'.repeat(5_000_000)).subscribe({ complete: () => console.log('left') });`;
    expect(await run(node.target, body)).toEqual({ output: 'open left', end: 0 });
  });

  it('stays while notifications are subscribed', async () => {
    const node = await serve({ methods: builtinMethods });
    // A timer that keeps nothing alive by itself.
    const body = `connection.notifications$.subscribe();
      setTimeout(() => { console.log('still here'); process.exit(); }, 300).unref();`;
    expect(await run(node.target, body)).toEqual({ output: 'open still here', end: 0 });
  });
});
