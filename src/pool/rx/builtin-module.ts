interface HostGlobals {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown };
}

/**
 * A module of Node; undefined elsewhere, and before Node 20.16. It is looked up by name: a bundle for browsers does not contain the module, and
 * needs no replacement for it.
 */
export function builtinModule(id: string): unknown {
  return (globalThis as HostGlobals).process?.getBuiltinModule?.(id);
}
