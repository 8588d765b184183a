// Fails on every import circle in src, type imports included, and prints the shortest circle of each group of files.
//
//   node scripts/check-imports.mjs                        all of src
//   node scripts/check-imports.mjs src/ix src/operators   only circles that pass through these folders or files
//
// Files that import each other cannot be read, tested or moved one at a time.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

const files = readdirSync('src', { recursive: true })
  .map((name) => join('src', name))
  .filter(isSource)
  .sort();

function isSource(path) {
  return /\.tsx?$/.test(path) && existsSync(path);
}

/** The file that a relative import means; undefined for a package. */
function fileOf(importer, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  const path = join(dirname(importer), specifier);
  const file = [path, `${path}.ts`, `${path}.tsx`, join(path, 'index.ts')].find(isSource);
  if (file === undefined) throw new Error(`${importer} imports ${specifier}, which is no file`);
  return file;
}

const imports = new Map(
  files.map((file) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
    return [file, [...new Set(importedFiles.map(({ fileName }) => fileOf(file, fileName)).filter(Boolean))]];
  }),
);

/** The groups of files that reach each other, by Tarjan's algorithm. */
function groupsOf(graph) {
  const state = new Map();
  const stack = [];
  const groups = [];
  const visit = (file) => {
    const own = { order: state.size, lowest: state.size, onStack: true };
    state.set(file, own);
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      const seen = state.get(next);
      if (seen === undefined) own.lowest = Math.min(own.lowest, visit(next));
      else if (seen.onStack) own.lowest = Math.min(own.lowest, seen.order);
    }
    if (own.lowest === own.order) {
      const group = stack.splice(stack.indexOf(file));
      for (const member of group) state.get(member).onStack = false;
      if (group.length > 1 || graph.get(file)?.includes(file)) groups.push(group);
    }
    return own.lowest;
  };
  for (const file of graph.keys()) if (!state.has(file)) visit(file);
  return groups;
}

/** The shortest way from a file back to itself, breadth first. */
function circleThrough(start) {
  const cameFrom = new Map();
  const queue = [start];
  for (const file of queue) {
    for (const next of imports.get(file) ?? []) {
      if (next === start) {
        const circle = [file];
        while (circle[0] !== start) circle.unshift(cameFrom.get(circle[0]));
        return circle;
      }
      if (!cameFrom.has(next)) {
        cameFrom.set(next, file);
        queue.push(next);
      }
    }
  }
  return [];
}

const only = process.argv.slice(2).map((path) => normalize(path).replace(/\/$/, ''));
const isMeant = (file) => only.length === 0 || only.some((path) => file === path || file.startsWith(`${path}/`));
const groups = groupsOf(imports).filter((group) => group.some(isMeant));

for (const group of groups) {
  const circles = group.filter(isMeant).map(circleThrough);
  const shortest = circles.reduce((a, b) => (b.length < a.length ? b : a));
  console.error(`${group.length} files of src import each other in a circle, for example`);
  for (const file of shortest) console.error(`  ${file} imports`);
  console.error(`  ${shortest[0]}`);
}
if (groups.length > 0) {
  console.error('Move what both need into a file of its own, and let both import that.');
  process.exit(1);
}
