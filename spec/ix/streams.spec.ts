import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import { ReadableStream, TransformStream } from 'node:stream/web';
import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { batchOutcomes, fromPull, withConnection } from '../../src/ix/index';
import { expectNothingHeld } from '../helpers/marbles';
import { all, failureOf, settle } from './counted-source';
import { openPool } from './open-pool';

const pool = openPool(3);
const echo = async (_: unknown, item: unknown): Promise<unknown> => Promise.resolve(item);
const send = (source: AsyncIterable<unknown>) => batchOutcomes(3)(withConnection(pool, echo)(source));
const valuesOf = async (source: AsyncIterable<unknown>): Promise<unknown[]> =>
  (await all(send(source))).map((outcome) => (outcome.status === 'succeeded' ? outcome.value : outcome.error)).sort();

/** Breaks after the first outcome. */
async function stopEarly(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of send(source)) break;
}

/** Breaks while a pull waits for data that never come. */
async function stopWaiting(source: AsyncIterable<unknown>): Promise<void> {
  const iterator = send(source)[Symbol.asyncIterator]();
  await iterator.next();
  void iterator.next();
  await settle();
  // The mocked clock keeps the time limit of one second from ending `return()`: the source itself must react.
  jasmine.clock().install();
  try {
    await iterator.return?.();
  } finally {
    jasmine.clock().uninstall();
  }
}

describe('Streams as sources', () => {
  afterEach(() => {
    expectNothingHeld(pool);
  });

  describe('of Node', () => {
    it('are drawn to their end, within their high water mark', async () => {
      let read = 0;
      const stream = new Readable({
        objectMode: true,
        highWaterMark: 2,
        read() {
          this.push(read < 100 ? read : null);
          read++;
        },
      });
      const iterator = send(stream)[Symbol.asyncIterator]();
      await iterator.next();
      await settle();
      // Three slots, the stream's own buffer, and the one that it is reading.
      expect(read).toBeLessThanOrEqual(3 + 2 + 2);
      let seen = 1;
      while ((await iterator.next()).done !== true) seen++;
      expect(seen).toBe(100);
      expect(stream.destroyed).toBe(true);
    });

    it('are destroyed when the batch stops early, by themselves or in the from() of IxJS', async () => {
      for (const wrap of [(stream: Readable) => stream, (stream: Readable) => ixFrom(stream)]) {
        const stream = Readable.from(['a', 'b', 'c', 'd', 'e']);
        await stopEarly(wrap(stream));
        expect(stream.destroyed).toBe(true);
      }
    });

    it('are destroyed at once while they wait for data, with no unhandled error', async () => {
      const stream = new PassThrough({ objectMode: true });
      stream.write('a');
      const errors: unknown[] = [];
      stream.on('error', (error) => errors.push(error));
      await stopWaiting(stream);
      expect([stream.destroyed, errors]).toEqual([true, []]);
    });

    it('are destroyed by unsubscribing from fromPull', async () => {
      const stream = new PassThrough({ objectMode: true });
      stream.write('a');
      const seen: unknown[] = [];
      const subscription = fromPull(stream).subscribe((value) => seen.push(value));
      await settle();
      subscription.unsubscribe();
      expect([seen, stream.destroyed]).toEqual([['a'], true]);
      await settle();
    });

    it('that break off break the batch, with their error', async () => {
      const stream = new PassThrough({ objectMode: true });
      stream.write('a');
      setImmediate(() => stream.destroy(new Error('the disk is on fire')));
      expect(await failureOf(send(stream))).toEqual(new Error('the disk is on fire'));
    });

    it('may be files and their lines', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'pull-'));
      const path = join(folder, 'lines');
      writeFileSync(path, Array.from({ length: 5_000 }, (_, i) => `line ${i}\n`).join(''));
      const input = createReadStream(path);
      const closed = new Promise<void>((resolve) => {
        input.once('close', () => resolve());
      });
      const lines = createInterface({ input });
      expect((await valuesOf(lines)).length).toBe(5_000);
      await closed;

      const file = createReadStream(path, { highWaterMark: 16 });
      await stopEarly(file);
      expect(file.destroyed).toBe(true);
      rmSync(folder, { recursive: true });
    });
  });

  describe('of the web', () => {
    const numbers = (calls: string[], count = Infinity): ReadableStream<number> => {
      let n = 0;
      return new ReadableStream<number>(
        {
          pull(controller) {
            if (n < count) controller.enqueue(n++);
            else controller.close();
          },
          cancel() {
            calls.push('cancelled');
          },
        },
        { highWaterMark: 0 },
      );
    };

    it('are drawn to their end, and free again', async () => {
      const calls: string[] = [];
      const stream = numbers(calls, 20);
      expect((await valuesOf(stream)).length).toBe(20);
      expect([calls, stream.locked]).toEqual([[], false]);
    });

    it('are cancelled when the batch stops early', async () => {
      const calls: string[] = [];
      const stream = numbers(calls);
      await stopEarly(stream);
      expect([calls, stream.locked]).toEqual([['cancelled'], false]);
    });

    it('are cancelled at once while they wait for data', async () => {
      const calls: string[] = [];
      const stream = new ReadableStream<string>({
        start(controller) {
          controller.enqueue('a');
        },
        cancel() {
          calls.push('cancelled');
        },
      });
      await stopWaiting(stream);
      expect(calls).toEqual(['cancelled']);
    });

    it('that break off break the batch, with their error', async () => {
      const { readable, writable } = new TransformStream<string, string>();
      const writer = writable.getWriter();
      void writer.write('a');
      setImmediate(() => void writer.abort(new Error('gone')));
      writer.closed.catch(() => undefined);
      expect(await failureOf(send(readable))).toEqual(new Error('gone'));
    });

    it('that another reader has locked are refused by the stream', async () => {
      const stream = numbers([], 1);
      stream.getReader();
      expect(String(await failureOf(fromThrowing(() => send(stream))))).toContain('locked');
    });
  });
});

/** An iteration that cannot even begin, as one that fails. */
async function* fromThrowing(make: () => AsyncIterable<unknown>): AsyncGenerator {
  yield* make();
}
