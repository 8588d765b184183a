/**
 * The main job: every line of a text goes to a remote node over pooled TCP connections, first one after the other, then eight at a
 * time.
 *
 *     npm start                the poem beside this file
 *     npm start -- FILE        a text of your own
 *     npm start -- --erlang    to a gen_server of an Erlang node, which is started for it
 *     npm start -- --dashboard the same on a page, again and again for as long as one looks
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defer, from, fromEvent, lastValueFrom, map, repeat, take, takeUntil, timer, toArray } from 'rxjs';
import type { Observable } from 'rxjs';
import { connectErlangNode } from '../src/connectors/erlang/index';
import { builtinMethods, connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import { dashboard } from '../src/dashboard/index';
import { batchParallel, batchSequential, createPool, withConnection } from '../src/index';
import { startErlang } from './erlang-node';
import { progressBar } from './progress-bar';

const max = 10;
const concurrency = 8;
/** In ms: the duration of a call on the node, without the network. It stands for the work of a real node. */
const workTime = 2;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { erlang: { type: 'boolean' }, dashboard: { type: 'boolean' } },
});
const file = positionals[0] ?? fileURLToPath(new URL('the-raven.txt', import.meta.url));
const lines = linesOf(file);

/** A client that counts the words of a line on another node. */
interface WordCounter {
  call(method: string, line: string): Observable<unknown>;
}
interface RemoteNode {
  readonly name: string;
  readonly connect: () => Observable<WordCounter>;
  close(): Promise<void>;
}

const node = values.erlang === true ? await erlangNode() : await msgpackNode();
const pool = createPool({ name: 'words', connect: node.connect, max });

console.log(`${lines.length} lines of ${relative('.', file)}, ${workTime} ms of work each,`);
console.log(`to ${node.name} over a pool of at most ${max} connections\n`);

const board = values.dashboard ? dashboard(pool) : undefined;
if (board !== undefined) console.log(`Open ${(await board.listen()).url}\n`);

const countWords = (worker: WordCounter, line: string): Observable<unknown> => worker.call('word_count', line);
const tasks$ = from(lines).pipe(withConnection(pool, countWords));

const counts = await timed('batchSequential()', tasks$.pipe(batchSequential(), toArray()));
report(counts.result.length, 0, sum(counts.result), counts.ms);

const batch = await timed(`batchParallel(${concurrency})`, tasks$.pipe(batchParallel(concurrency)));
const { successful, failed } = batch.result;
report(successful.length, failed.length, sum(successful), batch.ms);

console.log(
  `In parallel ${(counts.ms / batch.ms).toFixed(1)} times as fast, over ${pool.stats.totalConnections} connections.\n`,
);

if (board !== undefined) {
  console.log('It goes on, for the page to show. Ctrl-C ends it.');
  const stopped$ = fromEvent(process, 'SIGINT').pipe(take(1));
  const again$ = defer(() => tasks$.pipe(batchParallel(concurrency))).pipe(repeat({ delay: 200 }), takeUntil(stopped$));
  await lastValueFrom(again$, { defaultValue: undefined });
  await board.close();
}
await pool.destroy();
await node.close();
console.log('The pool at the end (pool.stats):');
console.log(pool.stats);
if (failed.length > 0) {
  console.error('The first failure:', failed[0]);
  process.exitCode = 1;
}

/** The node runs in this process, on a free port, and is called over TCP like any other. */
async function msgpackNode(): Promise<RemoteNode> {
  const { target, close } = await serveNode({
    methods: { word_count: (line) => timer(workTime).pipe(map(() => builtinMethods.word_count(line))) },
  }).then((served) => ({ target: served.target, close: () => served.close() }));
  return { name: `worker@${target}`, connect: connectNode(`worker@${target}`), close };
}

/** An Erlang node, in a process of its own. */
async function erlangNode(): Promise<RemoteNode> {
  const erlang = await startErlang();
  if (erlang === undefined) {
    console.error('Erlang cannot be started: is erl installed? (apt install erlang-base, brew install erlang)');
    process.exit(2);
  }
  const { name, port, cookie, close } = erlang;
  return { name: `${name}, a node of Erlang`, connect: connectErlangNode(name, { port, cookie }), close };
}

/** Runs a batch, with a progress bar that reads the stats of the pool. */
async function timed<R>(title: string, batch$: Observable<R>): Promise<{ result: R; ms: number }> {
  const bar = progressBar(title, lines.length);
  const done = (): number => pool.stats.successfulOperations + pool.stats.failedOperations;
  const before = done();
  const watching = pool.stats$.subscribe(({ successfulOperations, failedOperations, inUseConnections }) => {
    bar.update(successfulOperations + failedOperations - before, `${inUseConnections} in use`);
  });
  const start = performance.now();
  try {
    const result = await lastValueFrom(batch$);
    return { result, ms: performance.now() - start };
  } finally {
    watching.unsubscribe();
    bar.end();
  }
}

function report(ok: number, notOk: number, words: number, ms: number): void {
  const rate = Math.round((lines.length / ms) * 1000);
  console.log(`  ${ok} done, ${notOk} failed: ${words} words in ${ms.toFixed(0)} ms, ${rate} lines a second\n`);
}

function sum(values: readonly unknown[]): number {
  return values.reduce<number>((total, value) => total + Number(value), 0);
}

function linesOf(path: string): string[] {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    console.error(`Cannot read ${path}: ${(error as Error).message}`);
    console.error('Name a text file: npm start -- FILE');
    process.exit(2);
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > 0) return lines;
  console.error(`${path} has no line with anything on it.`);
  process.exit(2);
}
