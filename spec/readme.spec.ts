import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** What the pieces of the README take for granted that are no programs of their own. */
const prelude = `
import { animationFrameScheduler, auditTime, catchError, firstValueFrom, from, lastValueFrom, map, mergeAll, Observable, of, retry, take,
  throwError, timeout } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { again, batchOutcomes, batchParallel, batchSequential, collectBatch, createPool, isPoolError, trackProgress, withConnection } from 'rxjs-connection-pool';
import type { BatchResult, ConnectionPool } from 'rxjs-connection-pool';
import { connectNode, serveNode, withContext } from 'rxjs-connection-pool/msgpack-rpc';
import type { RpcConnection } from 'rxjs-connection-pool/msgpack-rpc';
import { planCapacity, simulate } from 'rxjs-connection-pool/simulation';
import { recordLoad, stressTest } from 'rxjs-connection-pool/stress';
declare const pool: ConnectionPool<RpcConnection>;
declare const result: BatchResult<unknown>;
declare const lines: string[];
declare const cert: string, key: string, clientCert: string, clientKey: string, authority: string, clientAuthority: string;
declare const testScheduler: TestScheduler;
`;

/** The same for what is pulled. */
const pulled = `
import { from } from 'ix/asynciterable/asynciterablex';
import { lastValueFrom } from 'rxjs';
import type { ConnectionPool } from 'rxjs-connection-pool';
import { again, batchOutcomes, batchParallel, fromPull, leases, withConnection } from 'rxjs-connection-pool/ix';
import type { BatchResult } from 'rxjs-connection-pool/ix';
import type { RpcConnection } from 'rxjs-connection-pool/msgpack-rpc';
declare const pool: ConnectionPool<RpcConnection>;
declare const result: BatchResult<unknown>;
`;

function blocksOf(file: string): string[] {
  const text = readFileSync(resolve(root, file), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
}

/** What the compiler has to say about each piece of code, as a module of its own beside the sources. */
function complaints(blocks: readonly string[], given = prelude): string[] {
  const { config } = ts.readConfigFile(resolve(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      noUnusedLocals: false,
      types: ['node'],
      paths: {
        'rxjs-connection-pool': ['./src/index.ts'],
        'rxjs-connection-pool/ix': ['./src/ix/index.ts'],
        'rxjs-connection-pool/simulation': ['./src/simulation/index.ts'],
        'rxjs-connection-pool/stress': ['./src/stress/index.ts'],
        'rxjs-connection-pool/*': ['./src/connectors/*/index.ts'],
      },
    },
    root,
  );
  const modules = new Map(
    blocks.map((code, i) => [
      resolve(root, `readme-${i + 1}.ts`),
      code.includes("from 'rxjs-connection-pool") ? code : given + code,
    ]),
  );
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (name) => modules.get(resolve(name)) ?? readFile(name);
  host.fileExists = (name) => modules.has(resolve(name)) || fileExists(name);
  host.getSourceFile = (name, target) => {
    const text = host.readFile(name);
    return text === undefined ? undefined : ts.createSourceFile(name, text, target);
  };
  const program = ts.createProgram([...modules.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      (found) =>
        `${found.file?.fileName.replace(`${root}/`, '') ?? ''}: ${ts.flattenDiagnosticMessageText(found.messageText, '\n')}`,
    );
}

describe('the README', () => {
  it('shows code that the compiler takes', () => {
    const blocks = blocksOf('README.md');
    expect(blocks.length).toBeGreaterThan(10);
    expect(complaints(blocks)).toEqual([]);
  }, 60_000);

  it('leads to a page on remote nodes that does, too', () => {
    const blocks = blocksOf('docs/msgpack-rpc.md');
    expect(blocks.length).toBeGreaterThan(2);
    expect(complaints(blocks)).toEqual([]);
  }, 60_000);

  it('leads to a page on stress tests that does, too', () => {
    const blocks = blocksOf('docs/stress.md');
    expect(blocks.length).toBeGreaterThan(1);
    expect(complaints(blocks)).toEqual([]);
  }, 60_000);

  it('leads to a page on simulations that does, too', () => {
    const blocks = blocksOf('docs/simulation.md');
    expect(blocks.length).toBeGreaterThan(1);
    expect(complaints(blocks)).toEqual([]);
  }, 60_000);

  it('leads to a page on what is pulled that does, too', () => {
    const blocks = blocksOf('docs/pull.md');
    expect(blocks.length).toBe(4);
    expect(complaints(blocks, pulled)).toEqual([]);
  }, 60_000);

  it('would be found out', () => {
    expect(complaints(['pool.use((node) => node.cal("word_count"));'])).toEqual([
      jasmine.stringContaining("Property 'cal' does not exist"),
    ]);
  }, 60_000);
});
