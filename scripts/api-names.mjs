// For typedoc: calls each module by the name under which users import it, and not by the place of its source.
import { Converter } from 'typedoc';
import { entries } from '../entries.mjs';

const names = new Map(
  Object.entries(entries).map(([subpath, source]) => [
    source.replace(/^src\//, '').replace(/(\/index)?\.tsx?$/, ''),
    `rxjs-connection-pool${subpath.slice(1)}`,
  ]),
);

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = names.get(module.name) ?? module.name;
  });
}
