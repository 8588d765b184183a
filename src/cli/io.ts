import type { Readable, Writable } from 'node:stream';
import type { Observable } from 'rxjs';

/** A stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What the program has of the world; specs give it another one. */
export interface Io {
  /** Opened by whoever reads it: only to look at it can keep a process alive. */
  readonly stdin: () => Readable & { readonly isTTY?: boolean; readonly fd?: number };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** The wishes to end: Ctrl-C and the like. Hot; whoever does not listen leaves them to the system. */
  readonly signals$: Observable<NodeJS.Signals>;
}
