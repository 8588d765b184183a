/**
 * The rows of a CSV file go to a node, a hundred in one call. The parser is a stream of Node, and an AsyncIterable therefore: its rows are
 * drawn as slots come free, and it is destroyed, the file with it, when the batch stops at the first error.
 *
 *     node --import tsx examples/send-csv.ts               a file that is made for it: the names of all currencies in many languages
 *     node --import tsx examples/send-csv.ts FILE          one of your own, with names in its first line
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { pipeline as written } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse';
import { from } from 'ix/asynciterable/asynciterablex';
import { buffer } from 'ix/asynciterable/operators/buffer';
import { lastValueFrom, retry, timer } from 'rxjs';
import { connectNode } from '../src/connectors/msgpack-rpc/index';
import { createPool } from '../src/index';
import { batchParallel, fromPull, withConnection } from '../src/ix/index';
import { startStore } from './store-node';

type Row = Record<string, string>;

const rowsPerCall = 100;

const { positionals } = parseArgs({ allowPositionals: true });
const made = positionals[0] === undefined ? await writeCurrencies() : undefined;
const file = positionals[0] ?? made!.file;

const store = await startStore();
const pool = createPool({ name: 'store', connect: connectNode(`store@${store.node.target}`), max: 4 });

// `pipeline` connects the two: when one ends or fails, so does the other.
const rows: AsyncIterable<Row> = pipeline(createReadStream(file), parse({ columns: true, bom: true }), () => undefined);

try {
  const { successful, failed } = await lastValueFrom(
    fromPull(
      from(rows).pipe(
        buffer(rowsPerCall),
        withConnection(pool, (node, batch) =>
          node.call('put_all', batch).pipe(retry({ count: 2, delay: () => timer(10) })),
        ),
        batchParallel({ concurrency: 4, stopOnError: true }),
      ),
    ),
  );
  console.log(`${store.size} rows of ${file} in ${successful.length} calls, ${failed.length} failed.`);
  for (const { index, error } of failed) {
    console.log(`rows ${index * rowsPerCall + 1} and on: ${(error as Error).message}`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(`Cannot send ${file}: ${(error as Error).message}`);
  process.exitCode = 2;
} finally {
  await pool.destroy();
  await store.node.close();
  await made?.remove();
}

/** What the currencies of the world are called, in every language of the European Union: with quotes, commas and all. */
async function writeCurrencies(): Promise<{ file: string; remove(): Promise<void> }> {
  const languages = 'bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv'.split(' ');
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const folder = await mkdtemp(join(tmpdir(), 'currencies-'));
  const made = join(folder, 'currencies.csv');
  const lines = function* (): Generator<string> {
    yield 'language,code,name\r\n';
    for (const language of languages) {
      const names = new Intl.DisplayNames(language, { type: 'currency' });
      for (const code of Intl.supportedValuesOf('currency')) yield `${language},${code},${quoted(names.of(code)!)}\r\n`;
    }
  };
  await written(Readable.from(lines()), createWriteStream(made));
  return { file: made, remove: () => rm(folder, { recursive: true }) };
}
