import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { NEVER } from 'rxjs';
import ts from 'typescript';
import type { InvalidConfigError, PoolOptions } from '../src/index';
import { resolveOptions } from '../src/pool/resolve-options';
import { isWhole as runsWhole } from './helpers/effort';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** What the pieces of the README take for granted that are no programs of their own. */
const prelude = `
import { animationFrameScheduler, auditTime, catchError, firstValueFrom, from, lastValueFrom, map, mergeAll, Observable, of, retry, take,
  throwError, timeout } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { batchOutcomes,batchParallel, batchSequential, collectBatch, createPool, isPoolError, retryFailed, trackProgress, withConnection } from 'rxjs-connection-pool';
import type { BatchResult, ConnectionPool } from 'rxjs-connection-pool';
import { connectNode, serveNode, withContext } from 'rxjs-connection-pool/msgpack-rpc';
import type { RpcConnection } from 'rxjs-connection-pool/msgpack-rpc';
import { planCapacity, simulate } from 'rxjs-connection-pool/simulation';
import { recordLoad, stressTest } from 'rxjs-connection-pool/stress';
declare const pool: ConnectionPool<RpcConnection>;
declare const result: BatchResult<unknown, string>;
declare const lines: string[];
declare const cert: string, key: string, clientCert: string, clientKey: string, authority: string, clientAuthority: string;
declare const testScheduler: TestScheduler;
`;

/** The same for what is pulled. */
const pulled = `
import { from } from 'ix/asynciterable/asynciterablex';
import { lastValueFrom } from 'rxjs';
import type { ConnectionPool } from 'rxjs-connection-pool';
import { batchOutcomes, batchParallel, fromPull, leases, retryFailed, withConnection } from 'rxjs-connection-pool/ix';
import type { BatchResult } from 'rxjs-connection-pool/ix';
import type { RpcConnection } from 'rxjs-connection-pool/msgpack-rpc';
declare const pool: ConnectionPool<RpcConnection>;
declare const result: BatchResult<unknown, string>;
`;

/** The sources of each entry point, by its public name. */
const { entries } = (await import(pathToFileURL(resolve(root, 'entries.mjs')).href)) as {
  entries: Record<string, string>;
};
const sources = new Map(
  Object.entries(entries).map(([subpath, file]) => [`rxjs-connection-pool${subpath.slice(1)}`, `./${file}`]),
);

/** The same for Erlang nodes; each piece is a block, since some name a pool of their own. */
const erlang = `
import { from, lastValueFrom, map } from 'rxjs';
import { batchParallel, createPool, isPoolError, withConnection } from 'rxjs-connection-pool';
import type { ConnectionPool, Connector } from 'rxjs-connection-pool';
import { atom, connectErlangNode, reply, tuple, variant } from 'rxjs-connection-pool/erlang';
import type { ErlangConnection, Sendable } from 'rxjs-connection-pool/erlang';
type Row = Record<string, string>;
declare const node: ErlangConnection, connect: Connector<ErlangConnection>, pool: ConnectionPool<ErlangConnection>;
declare const cookie: string, ca: string, cert: string, key: string, records: Row[];
declare const toTerm: (request: Request) => Sendable, toResponse: (answer: unknown) => Response;
`;

const textOf = (file: string): string => readFileSync(resolve(root, file), 'utf8');

function blocksOf(file: string): string[] {
  const text = textOf(file);
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
}

/** What the compiler reports about pieces of code, each a module of its own beside the sources. */
function complaints(modulesByName: Readonly<Record<string, string>>): string[] {
  const { config } = ts.readConfigFile(resolve(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      noUnusedLocals: false,
      noUnusedParameters: false,
      types: ['node'],
      paths: Object.fromEntries([...sources].map(([name, file]) => [name, [file]])),
    },
    root,
  );
  const modules = new Map(Object.entries(modulesByName).map(([name, code]) => [resolve(root, `${name}.ts`), code]));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (name) => modules.get(resolve(name)) ?? readFile(name);
  host.fileExists = (name) => modules.has(resolve(name)) || fileExists(name);
  const { getSourceFile } = host;
  host.getSourceFile = (name, target, ...rest) => {
    const text = modules.get(resolve(name));
    if (text !== undefined) return ts.createSourceFile(name, text, target);
    return getSourceFile(name, target, ...rest);
  };
  const program = ts.createProgram([...modules.keys()], options, host);
  // Not of the sources: those have a check of their own.
  const files = [...modules.keys()].map((name) => program.getSourceFile(name));
  return [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ].map(
    (found) =>
      `${found.file?.fileName.replace(`${root}/`, '') ?? ''}: ${ts.flattenDiagnosticMessageText(found.messageText, '\n')}`,
  );
}

/** The cells of the first table under a heading, without its head. */
function rowsUnder(file: string, heading: string): string[][] {
  const [, after] = textOf(file).split(`\n${heading}\n`);
  const lines = after!.split('\n');
  const from = lines.findIndex((line) => line.startsWith('| ---')) + 1;
  const to = lines.findIndex((line, i) => i > from && !line.startsWith('|'));
  return lines.slice(from, to).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands between backticks. */
const inCode = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

/** The value that a cell of defaults means. */
function meant(cell: string): unknown {
  if (cell === '–' || cell === 'none is') return undefined;
  const [code] = inCode(cell);
  if (code === undefined) return Number(cell.replaceAll(' ', ''));
  if (code === 'asyncScheduler' || code === 'Math.random') return code;
  return runInNewContext(`(${code})`) as unknown;
}

/** The options that there are, by the answer to one that there is not. */
function everyOption(): string[] {
  try {
    resolveOptions({ connect: () => NEVER, max: 1, none: 1 } as PoolOptions<unknown>);
  } catch (error) {
    return /the options are (.*)$/.exec((error as InvalidConfigError).issues[0]!)![1]!.split(', ');
  }
  return [];
}

const sourceOf = (file: string): ts.SourceFile => ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest);

function membersOf(file: string, name: string): string[] {
  const source = sourceOf(file);
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name);
  return (found as ts.InterfaceDeclaration).members.map((member) => member.name!.getText(source));
}

/** The types that an alias is a union of. */
function unionOf(source: ts.SourceFile, name: string): readonly ts.TypeNode[] {
  const found = source.statements.find((node) => ts.isTypeAliasDeclaration(node) && node.name.text === name);
  return ((found as ts.TypeAliasDeclaration).type as ts.UnionTypeNode).types;
}

function wordsOf(file: string, name: string): string[] {
  const source = sourceOf(file);
  return unionOf(source, name).map((type) => type.getText(source).slice(1, -1));
}

/** The fields of each kind of event beside those that all have; `?` for one that may be missing. */
function events(): Record<string, string[]> {
  const source = sourceOf('src/pool/reports/events.ts');
  const kinds = unionOf(source, 'PoolEventDetails').map((type) => {
    const [kind, ...fields] = (type as ts.TypeLiteralNode).members as ts.NodeArray<ts.PropertySignature>;
    const word = kind!.type!.getText(source).slice(1, -1);
    return [
      word,
      fields.map((field) => `${field.name.getText(source)}${field.questionToken === undefined ? '' : '?'}`),
    ];
  });
  return Object.fromEntries(kinds) as Record<string, string[]>;
}

/** Every page that a reader is led to. */
const pages = (): string[] => [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(resolve(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('api'))
    .map((name) => `docs/${name}`),
];

/** The anchors that GitHub gives to the headings of a page. */
const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** What stands before a piece of code of a page that imports nothing of the package itself. */
const given: Readonly<Record<string, string>> = { 'docs/pull.md': pulled, 'docs/erlang.md': erlang };

/** For pages whose pieces of code are parts of one program: what other parts have declared. A piece may declare the same name itself. */
const ambient = `
import type { Express } from 'express';
import type { FastifyInstance } from 'fastify';
import type { ConnectionPool } from 'rxjs-connection-pool';
import type { Dashboard } from 'rxjs-connection-pool/dashboard';
import type { RpcConnection } from 'rxjs-connection-pool/msgpack-rpc';
declare global {
  const pool: ConnectionPool<RpcConnection>, board: Dashboard, app: Express, fastify: FastifyInstance;
  const hono: { get(path: string, handler: (context: { readonly req: { readonly raw: Request } }) => unknown): void };
  const createServer: typeof import('node:http').createServer;
}
`;
const inParts = ['docs/dashboard.md', 'docs/metrics.md'];

/** An option on its own, as a piece of code of docs/semantics.md is. */
const optionOf = (code: string): string => `
import { AsyncResource } from 'node:async_hooks';
import { createPool } from 'rxjs-connection-pool';
import type { Connector } from 'rxjs-connection-pool';
// Of a proposal for JavaScript.
declare namespace AsyncContext { class Snapshot { run(action: () => void): void } }
declare const connect: Connector<unknown>;
createPool({ max: 1, connect, ${code} });`;

describe('the README', () => {
  // To check types takes seconds.
  if (runsWhole)
    it('and the pages in docs have code that compiles', () => {
      const planted = `${prelude}pool.use((node) => node.cal('word_count'));`;
      const plantedPart = `pool.stats.waiting;\nexport {};`;
      const modules: Record<string, string> = { planted, ambient, 'planted part': plantedPart };
      // Those of the recipes and of moving over are files, which are compiled as such; so are those of docs/testing.md, by spec/testing/docs.long.spec.ts.
      const elsewhere = /^docs\/(?:recipes\/|(?:migrating|testing)\.md$)/;
      for (const page of pages().filter((name) => !elsewhere.test(name))) {
        for (const [i, code] of blocksOf(page).entries()) {
          // What is in the README and in the guide is pasted, as it is: scripts/check-readme.mjs also runs it.
          const isPasted = page === 'README.md' || page === 'docs/guide.md';
          const isWhole = isPasted || code.includes("from 'rxjs-connection-pool");
          if (page === 'README.md' && code.includes('export const pool')) modules['pool'] = code;
          else if (page === 'docs/semantics.md') modules[`${page} ${i + 1}`] = optionOf(code);
          else if (inParts.includes(page)) modules[`${page} ${i + 1}`] = `${code}\nexport {};`;
          else if (isWhole) modules[`${page} ${i + 1}`] = code;
          else
            modules[`${page} ${i + 1}`] = (given[page] ?? prelude) + (page === 'docs/erlang.md' ? `{${code}}` : code);
        }
      }
      expect(Object.keys(modules).length).toBeGreaterThan(25);
      expect(complaints(modules)).toEqual([
        jasmine.stringMatching(/^planted\.ts: Property 'cal' does not exist/),
        jasmine.stringMatching(/^planted part\.ts: Property 'waiting' does not exist/),
      ]);
    });

  it('and the pages in docs have links that lead somewhere', () => {
    const broken: string[] = [];
    for (const page of pages()) {
      for (const [, link] of textOf(page)
        .replaceAll(/^```.*?^```$/gms, '')
        .matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link!)) continue;
        const [path, anchor] = link!.split('#');
        const file = path === '' ? resolve(root, page) : resolve(root, dirname(page), path!);
        if (!existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor)))
          broken.push(`${page}: ${link}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('has at most 250 lines', () => {
    expect(textOf('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(250);
  });

  it('begins with a program that runs as JavaScript when it is pasted', async () => {
    const [first] = blocksOf('README.md');
    const local = first!.replace(
      /'(rxjs-connection-pool[^']*)'/g,
      (_, name: string) => `'${resolve(root, sources.get(name)!)}'`,
    );
    const file = resolve(root, 'temp/spec/readme-first.mjs');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, local);
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), file]);
    expect(stdout).toBe('{ successful: [ 2, 3 ], failed: [], unstarted: 0 }\n');
  }, 20_000);

  it('has every option in its table, with its default', () => {
    const resolved = resolveOptions<unknown>({ connect: () => NEVER, max: 1 }) as unknown as Record<string, unknown>;
    const defaults: Record<string, unknown> = {
      ...resolved,
      overload: resolved['overload'] ?? false,
      scheduler: 'asyncScheduler',
      random: 'Math.random',
    };
    const told: Record<string, unknown> = {};
    for (const [names, values] of rowsUnder('docs/options.md', '## Options of a pool')) {
      for (const [i, name] of inCode(names!).entries()) told[name] = meant(values!.split(/, (?![^{]*})/)[i]!);
    }
    expect(Object.keys(told).sort()).toEqual(everyOption().sort());
    for (const name of ['connect', 'max']) expect(told[name]).withContext(name).toBeUndefined();
    for (const name of Object.keys(told)) {
      if (name !== 'connect' && name !== 'max') expect(told[name]).withContext(name).toEqual(defaults[name]);
    }
  });

  it('has every member of a pool in its table', () => {
    const told = rowsUnder('docs/pool.md', '## Members').flatMap(([names]) =>
      inCode(names!).map((name) => /^[\w$]+/.exec(name)![0]),
    );
    const declared = membersOf('src/pool/connection-pool.ts', 'ConnectionPool').filter((name) => !name.startsWith('['));
    expect(told.filter((name) => name !== 'subscribe' && name !== 'pipe').sort()).toEqual(declared.sort());
  });

  it('leads to a table of every figure of the stats', () => {
    const told = rowsUnder('docs/observability.md', '## Statistics').flatMap(([names]) => inCode(names!));
    const declared = membersOf('src/pool/rx/stats.ts', 'PoolStats');
    expect([...new Set(told)].sort()).toEqual(declared.sort());
  });

  it('leads to a table of every event, with its fields', () => {
    const told: Record<string, string[]> = {};
    for (const [type, fields] of rowsUnder('docs/observability.md', '## Events'))
      told[inCode(type!)[0]!] = inCode(fields!);
    expect(told).toEqual(events());
    const reasons = /^The reasons of `evicted`: (.*)\.$/m.exec(textOf('docs/observability.md'))![1]!;
    expect(inCode(reasons).sort()).toEqual(wordsOf('src/pool/state/claim-and-slot.ts', 'EvictReason').sort());
  });
});
