/** A pool that is put to the test, whatever its own names for things are. */
export interface Subject {
  acquire(): Promise<object>;
  /** Gives back, as its users write it: also a second time, if they write it twice. */
  release(lent: object): void;
  /** What was lent is broken, and is to be closed. */
  discard(lent: object): void;
  /** Closes the pool for good. */
  close(): Promise<unknown>;
  /** How many are waiting by its own account. */
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
