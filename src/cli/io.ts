import type { Readable, Writable } from 'node:stream';
import type { Observable } from 'rxjs';

/** A stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The environment of the program. Specs replace it. */
export interface Io {
  /** A function, since reading the property of `process` alone can keep the process alive. */
  readonly stdin: () => Readable & { readonly isTTY?: boolean; readonly fd?: number };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Termination signals, such as of Ctrl-C. Hot; without a subscriber the system handles them. */
  readonly signals$: Observable<NodeJS.Signals>;
}
