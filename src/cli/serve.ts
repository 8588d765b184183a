import { builtinMethods, serveNode } from '../connectors/msgpack-rpc/index';
import { exitCode } from './exit-codes';
import type { Io } from './io';
import type { ParsedOptions, OptionTable } from './options';
import { messageOf, oneLine } from './outcome';
import { Output } from './output';

export const serveOptions = { port: 'port', host: 'text' } satisfies OptionTable;

/** Runs a node until a signal arrives. */
export async function serve({ numbers, texts }: ParsedOptions, io: Io): Promise<number> {
  const stdout = new Output(io.stdout);
  const stderr = new Output(io.stderr);
  const { port = 0 } = numbers;
  const { host = '127.0.0.1' } = texts;

  // Subscribed first: a signal may arrive as soon as the address is printed.
  let end: (signal: NodeJS.Signals) => void;
  const signalled = new Promise<NodeJS.Signals>((resolve) => (end = resolve));
  const listening = io.signals$.subscribe((signal) => end(signal));
  try {
    const node = await serveNode({ methods: builtinMethods, port, host });
    const faults = node.faults$.subscribe((fault) => stderr.write(`${oneLine(fault.message)}\n`));
    stdout.write(`Listening on ${node.target}\n`);
    stderr.write(`Methods: ${Object.keys(builtinMethods).join(', ')}. Ctrl-C stops the node.\n`);

    const signal = await signalled;
    faults.unsubscribe();
    await node.close();
    stderr.write(`${signal}: closed.\n`);
    return exitCode.done;
  } catch (error) {
    stderr.write(`${oneLine(messageOf(error))}\n`);
    return exitCode.noConnection;
  } finally {
    await Promise.all([stdout.flushed(), stderr.flushed()]);
    listening.unsubscribe();
  }
}
