#!/usr/bin/env node
import { fromEvent, map, merge } from 'rxjs';
import { program } from './program';

/** In ms: how long unread output may delay the exit. */
const EXIT_TIMEOUT_MS = 500;

const signalled = (signal: NodeJS.Signals) => fromEvent(process, signal).pipe(map(() => signal));

process.exitCode = await program(process.argv.slice(2), {
  stdin: () => process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signals$: merge(signalled('SIGINT'), signalled('SIGTERM')),
});

// The process ends by itself, now that nothing is open, unless some output has no reader.
const exit = () => process.exit();
setTimeout(exit, EXIT_TIMEOUT_MS).unref();
process.once('SIGINT', exit).once('SIGTERM', exit);
