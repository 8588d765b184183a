/** A pool under test: the same interface for all of them. */
export interface Subject {
  acquire(): Promise<object>;
  /** Releases, as the users of this pool write it; a second call must reach the pool too. */
  release(lent: object): void;
  /** The connection is broken, and must be closed. */
  discard(lent: object): void;
  /** Closes the pool for good. */
  close(): Promise<unknown>;
  /** The number of waiters, as the pool reports it. */
  waiting(): number;
}

export interface SubjectOptions {
  readonly max: number;
  /** How long an acquire may wait, in ms. */
  readonly acquireTimeout: number;
  readonly connect: () => Promise<object>;
  readonly disconnect: (connection: object) => Promise<void>;
}

export type MakeSubject = (options: SubjectOptions) => Promise<Subject>;
