import { readFileSync } from 'node:fs';
import { concat, from, lastValueFrom, map, mergeMap as flatten, NEVER, of, timer } from 'rxjs';
import ts from 'typescript';
import { Client } from '../../examples/migrating/client';
import * as effect from '../../examples/migrating/effect';
import * as genericPool from '../../examples/migrating/generic-pool';
import * as mergeMap from '../../examples/migrating/merge-map';
import * as pLimit from '../../examples/migrating/p-limit';
import * as tarn from '../../examples/migrating/tarn';
import { batchParallel, createPool, withConnection } from '../../src/index';
import { outcomeOf } from './outcome';

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = textOf('docs/migrating.md');

const libraries = { 'generic-pool': genericPool, tarn, 'p-limit': pLimit, 'bare mergeMap': mergeMap, effect };

describe('moving over from', () => {
  for (const [name, { before, after }] of Object.entries(libraries)) {
    it(`${name}: both sides do the same, on at most two connections, and close them`, async () => {
      for (const run of [before, after]) {
        Client.open = Client.peak = 0;
        const outcome = outcomeOf(await run([1, 2, 3, 4, 5, 6]));
        expect(outcome.values.sort((a, b) => a - b)).toEqual([1, 4, 16, 25, 36]);
        expect(outcome.errors).toEqual(['Error: refused']);
        expect(Client.peak).toBe(2);
        expect(Client.open).toBe(0);
      }
    });
  }
});

describe('a first item that waits, and then 10,000 synchronous ones', () => {
  const items = Array.from({ length: 10_000 }, (_, i) => i);
  const work = (item: number) => (item === 0 ? timer(1).pipe(map(() => 0)) : of(item));

  it('are too many for a bare mergeMap, which stops with or without an error', async () => {
    let values = 0;
    let isComplete = false;
    from(items)
      .pipe(flatten(work, 1))
      .subscribe({ next: () => values++, error: () => undefined, complete: () => (isComplete = true) });
    // Behind the timer of the first item everything is synchronous.
    await lastValueFrom(timer(2));
    expect(isComplete).toBeFalse();
    expect(values).toBeGreaterThan(0);
    expect(values).toBeLessThan(items.length);
  });

  it('are a loop here', async () => {
    const pool = createPool({ connect: () => concat(of('c'), NEVER), max: 1 });
    const tasks$ = from(items).pipe(
      withConnection(pool, (_, item) => work(item)),
      batchParallel(1),
    );
    expect((await lastValueFrom(tasks$)).successful).toEqual(items);
    await pool.destroy();
  });
});

/** The names of the members of an interface, or of the argument of a function, as a package declares them. */
function declared(file: string, ...names: string[]): string[] {
  const source = ts.createSourceFile(file, textOf(`node_modules/${file}`), ts.ScriptTarget.Latest);
  const found = new Set<string>();
  const add = (members: ts.NodeArray<ts.TypeElement>): void => {
    for (const member of members) if (member.name !== undefined) found.add(member.name.getText(source));
  };
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node) && names.includes(node.name.text)) add(node.members);
    else if (ts.isTypeAliasDeclaration(node) && names.includes(node.name.text) && ts.isTypeLiteralNode(node.type)) {
      add(node.type.members);
    } else if (ts.isVariableDeclaration(node) && names.includes(node.name.getText(source))) {
      const options = (node.type as ts.FunctionTypeNode).parameters[0]!.type;
      if (ts.isTypeLiteralNode(options!)) add(options.members);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...found];
}

describe('the table of options of', () => {
  const options: Record<string, () => string[]> = {
    'generic-pool': () => declared('generic-pool/index.d.ts', 'Factory', 'Options'),
    tarn: () => declared('tarn/dist/Pool.d.ts', 'PoolOptions'),
    'pg-pool': () => declared('@types/pg/index.d.ts', 'PoolConfig'),
    'p-limit': () => declared('p-limit/index.d.ts', 'Options'),
    "Effect's Pool": () => declared('effect/dist/Pool.d.ts', 'make', 'makeWithTTL', 'makeWithStrategy'),
  };

  for (const [name, names] of Object.entries(options)) {
    it(`${name} has each that its types declare, and no other`, () => {
      const section = page.split(/^## /m).find((text) => text.startsWith(`${name}\n`))!;
      const told = [...section.matchAll(/^\| (`[^|]*`) +\|/gm)].flatMap(([, cell]) =>
        [...cell!.matchAll(/`([^`]+)`/g)].map(([, option]) => option!),
      );
      expect(names().length).toBeGreaterThan(1);
      expect(told.sort()).toEqual(names().sort());
    });
  }
});
