// A hook for Node's loader: an import of the source of an entry becomes one of the built package.
import { entries, fileNameOf } from '../entries.mjs';

const root = new URL('../', import.meta.url);
const built = new Map(
  Object.entries(entries).map(([subpath, source]) => [
    new URL(source, root).href,
    new URL(`dist/esm/${fileNameOf(subpath)}.mjs`, root).href,
  ]),
);

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const url = built.get(found.url.split('?')[0]);
  return url === undefined ? found : { url, format: 'module', shortCircuit: true };
}
