import { inspectSymbol } from '../values/inspect-symbol';
import type { WorkContext } from './work';

/** The context that `work` gets: only the signal of the run is visible. */
export class LazyContext implements WorkContext {
  constructor(private readonly run: { readonly signal: AbortSignal }) {}

  get signal(): AbortSignal {
    return this.run.signal;
  }

  [inspectSymbol](): string {
    return 'WorkContext';
  }

  /** The run refers to the pool and back, which JSON cannot express. */
  toJSON(): object {
    return {};
  }
}
