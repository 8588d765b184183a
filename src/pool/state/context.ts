/** A context that can be entered: the interface of an `AsyncResource`. */
export interface Context {
  runInAsyncScope<R>(fn: () => R): R;
}

/** The source of contexts. */
export interface Contexts {
  /** The context that belongs to no caller. */
  readonly outside: Context;
  /** The current context. */
  capture(): Context | null;
}
