import { entries } from './entries.mjs';

/** @type {Partial<import('typedoc').TypeDocOptions & import('typedoc-plugin-markdown').PluginOptions>} */
export default {
  name: 'API',
  plugin: ['typedoc-plugin-markdown', './scripts/api-names.mjs'],
  entryPoints: Object.values(entries),
  tsconfig: 'tsconfig.build.json',
  out: 'temp/site/api',
  readme: 'none',
  disableSources: true,
  // What a class inherits from RxJS is told in the documentation of RxJS.
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, notDocumented: false },
  // Pages for VitePress: one for each entry point.
  router: 'module',
  groupOrder: ['Functions', 'Classes', 'Interfaces', '*'],
  entryFileName: 'index',
  useHTMLAnchors: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  propertyMembersFormat: 'list',
  typeAliasPropertiesFormat: 'table',
};
