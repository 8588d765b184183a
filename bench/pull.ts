/**
 * A batch that is pulled: what an item costs, and what a million of them cost in memory, beside others that run ten at a time. Every
 * contender draws from an async generator and does the same work; its consumer waits a turn of the event loop after every 1,000
 * results. Ours leases one of ten connections for each item, the others lease nothing.
 *
 *     npm run build && node --import tsx --expose-gc bench/pull.ts
 *     node --import tsx --expose-gc bench/pull.ts --rounds 5 --items 100000 --only promises
 *
 * Each measurement is a process of its own, contenders in turn. Time is the processor's, that of the garbage collector included, for
 * one item. Heap is the most that was in use after a collection, at a hundred moments of a run, beyond what was in use before it.
 */
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { flatMap } from 'ix/asynciterable/operators/flatmap';
import { concatMap, EMPTY, from, lastValueFrom, mergeMap, Observable, of, pipe } from 'rxjs';
import type * as Package from '../src/index';
import type * as PackageIx from '../src/ix/index';

const atATime = 10;

/** What is done with an item: at once, as an Observable has it, or some microtasks later. */
export type WorkKind = 'synchronous' | 'promises';

/** Takes each result, and says when it is ready for more, if that is not at once. */
export type Consumer = (result: unknown) => Promise<void> | undefined;

/** Someone who draws items, works on them ten at a time, and hands on what comes of it. */
export interface PullContender {
  readonly name: string;
  /** More items would take many minutes: what is drawn ahead lies in an array that is emptied by `shift()`. */
  readonly most?: Partial<Record<WorkKind, number>>;
  readonly run: (items: AsyncGenerator<number>, kind: WorkKind, consume: Consumer) => Promise<void>;
}

// What is measured is what is published: the sources would be run through a transpiler that adds its own cost.
const dist = (entry: string): string => new URL(`../dist/esm/${entry}.mjs`, import.meta.url).href;

async function ours(): Promise<(items: AsyncIterable<number>, kind: WorkKind) => Pipeline> {
  const { createPool } = (await import(dist('index'))) as typeof Package;
  const { batchOutcomes, trackProgress, withConnection } = (await import(dist('ix'))) as typeof PackageIx;
  const pool = createPool<object>({ connect: () => new Observable((subscriber) => subscriber.next({})), max: atATime });
  await pool.warmUp(atATime);
  return (items, kind) => {
    const tasks = kind === 'promises' ? withConnection(pool, promised) : withConnection(pool, atOnce);
    return {
      bare: () => pipe(tasks, batchOutcomes<number>(atATime))(items),
      wrapped: () => ixFrom(items).pipe(tasks, batchOutcomes<number>(atATime)),
      watched: () => pipe(tasks, batchOutcomes<number>(atATime), trackProgress<number>(() => undefined))(items),
    };
  };
}

type Pipeline = Record<'bare' | 'wrapped' | 'watched', () => AsyncIterable<unknown>>;

const atOnce = (_connection: unknown, item: number): Observable<number> => of(item);
const promised = async (_connection: unknown, item: number): Promise<number> => Promise.resolve(item);

async function consumeAll(results: AsyncIterable<unknown>, consume: Consumer): Promise<void> {
  for await (const result of results) {
    const busy = consume(result);
    if (busy !== undefined) await busy;
  }
}

/** The contenders, the floor first and then the one that all others are compared with. */
export const pullContenders: readonly PullContender[] = [
  {
    name: 'floor: ten bare workers on one iterator, nothing leased',
    run: async (items, kind, consume) => {
      const worker = async (): Promise<void> => {
        for (let next = await items.next(); next.done !== true; next = await items.next()) {
          const result = kind === 'promises' ? await promised(undefined, next.value) : next.value;
          const busy = consume(result);
          if (busy !== undefined) await busy;
        }
      };
      await Promise.all(Array.from({ length: atATime }, worker));
    },
  },
  {
    name: 'ours: withConnection, batchOutcomes(10)',
    run: async (items, kind, consume) => consumeAll((await ours())(items, kind).bare(), consume),
  },
  {
    name: 'ours, in the pipe of IxJS',
    run: async (items, kind, consume) => consumeAll((await ours())(items, kind).wrapped(), consume),
  },
  {
    name: 'ours, with trackProgress',
    run: async (items, kind, consume) => consumeAll((await ours())(items, kind).watched(), consume),
  },
  {
    name: 'Readable.map with concurrency 10, nothing leased',
    run: async (items, kind, consume) => {
      const work = async (item: number): Promise<number> => (kind === 'promises' ? promised(undefined, item) : item);
      await consumeAll(Readable.from(items).map(work, { concurrency: atATime }), consume);
    },
  },
  {
    name: 'IxJS flatMap(f, 10), nothing leased',
    run: async (items, kind, consume) => {
      const work = (item: number): AsyncIterable<number> =>
        ixFrom(kind === 'promises' ? promised(undefined, item) : [item]);
      await consumeAll(ixFrom(items).pipe(flatMap(work, atATime)), consume);
    },
  },
  {
    name: 'RxJS from(generator), mergeMap(f, 10), nothing leased',
    most: { promises: 100_000 },
    run: async (items, kind, consume) => {
      const work = (item: number): Observable<number> | Promise<number> =>
        kind === 'promises' ? promised(undefined, item) : of(item);
      const results = from(items).pipe(
        mergeMap(work, atATime),
        concatMap((result) => consume(result) ?? EMPTY),
      );
      await lastValueFrom(results, { defaultValue: undefined });
    },
  },
];

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}

/** Runs a contender. `mark` is called at a hundred moments. */
export async function runPull(
  contender: PullContender,
  kind: WorkKind,
  count: number,
  mark: () => void = () => undefined,
): Promise<void> {
  const step = Math.ceil(count / 100);
  let seen = 0;
  await contender.run(numbers(count), kind, () => {
    seen++;
    if (seen % step === 0) mark();
    return seen % 1_000 === 0 ? new Promise(setImmediate) : undefined;
  });
  if (seen !== count) throw new Error(`${contender.name}: ${seen} results of ${count} items`);
}

// ------------------------------------------------------------------ measuring

interface Measured {
  readonly ns: number;
  readonly wall: number;
  readonly heap: number;
}

async function measure(contender: PullContender, kind: WorkKind, count: number): Promise<Measured> {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('--expose-gc is missing');
  await runPull(contender, kind, Math.min(count, 50_000)); // for the compiler
  collect();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await runPull(contender, kind, count);
  const wall = ((performance.now() - start) / count) * 1e6;
  const { user, system } = process.cpuUsage(cpu);

  collect();
  const before = process.memoryUsage().heapUsed;
  let peak = 0;
  await runPull(contender, kind, count, () => {
    collect();
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
  });
  return { ns: ((user + system) / count) * 1e3, wall, heap: peak };
}

async function compare(rounds: number, count: number, only: string): Promise<void> {
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${rounds} rounds\n`);
  for (const kind of ['synchronous', 'promises'] as const) {
    if (!kind.includes(only)) continue;
    const results = pullContenders.map((): Measured[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, { most }] of pullContenders.entries()) {
        results[i]!.push(await inOwnProcess(i, kind, Math.min(count, most?.[kind] ?? count)));
      }
    }
    console.log(`${count} items, ${kind === 'promises' ? 'promise work' : 'synchronous work'}, slow consumer`);
    const reference = median(results[1]!.map(({ ns }) => ns));
    for (const [i, { name, most }] of pullContenders.entries()) {
      const ns = median(results[i]!.map((result) => result.ns));
      const wall = median(results[i]!.map((result) => result.wall));
      const heap = Math.max(...results[i]!.map((result) => result.heap)) / 1e6;
      const fewer = (most?.[kind] ?? count) < count ? `  (${most![kind]} items)` : '';
      console.log(
        `  ${name.padEnd(56)} ${ns.toFixed(0).padStart(7)} ns ${wall.toFixed(0).padStart(7)} wall ` +
          `${(ns / reference).toFixed(2).padStart(7)} × ${heap.toFixed(2).padStart(8)} MB${fewer}`,
      );
    }
    console.log();
  }
}

async function inOwnProcess(contender: number, kind: WorkKind, count: number): Promise<Measured> {
  const args = [...process.execArgv, self, '--measure', String(contender), '--kind', kind, '--items', String(count)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Measured;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] === self) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      items: { type: 'string', default: '1000000' },
      only: { type: 'string', default: '' },
      measure: { type: 'string' },
      kind: { type: 'string', default: 'synchronous' },
    },
  });
  const count = Number(values.items);
  if (values.measure === undefined) {
    await compare(Number(values.rounds), count, values.only);
  } else {
    console.log(JSON.stringify(await measure(pullContenders[Number(values.measure)]!, values.kind as WorkKind, count)));
    process.exit();
  }
}
