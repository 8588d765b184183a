import { PassThrough, Readable, Writable } from 'node:stream';
import { Subject } from 'rxjs';
import type { Io } from '../../src/cli/io';
import { program } from '../../src/cli/program';

/** Keeps what is written to it. */
class Kept extends Writable {
  text = '';
  isTTY = false;
  columns = 80;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** The program inside of this process, with streams of its own. */
export function start(args: readonly string[], input: string | Readable = '') {
  const stdout = new Kept();
  const stderr = new Kept();
  const signals$ = new Subject<NodeJS.Signals>();
  const stdin = typeof input === 'string' ? Readable.from(input === '' ? [] : [Buffer.from(input)]) : input;
  const io: Io = { stdin: () => stdin, stdout, stderr, signals$ };
  const code = program(args, io);
  const done = code.then((result) => ({ code: result, stdout: stdout.text, stderr: stderr.text }));
  return { stdin, stdout, stderr, signals$, done };
}

export const run = (args: readonly string[], input?: string | Readable) => start(args, input).done;

/** An input that stays open, like a terminal on which a user is still typing. */
export const typing = (text = ''): PassThrough => {
  const stream = new PassThrough();
  if (text !== '') stream.write(text);
  return stream;
};

/** The lines of JSON. */
export const parsed = (stdout: string): any[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
