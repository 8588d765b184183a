import { inspectSymbol } from '../pool/values/inspect-symbol';

/** How a connection is printed, and what its JSON is: its target alone. Its fields refer to sockets, buffers and pending calls. */
export abstract class DescribedConnection {
  abstract readonly target: string;

  protected abstract readonly kind: string;

  toString(): string {
    return `${this.kind} to ${this.target}`;
  }

  [inspectSymbol](): string {
    return this.toString();
  }

  toJSON(): { readonly target: string } {
    return { target: this.target };
  }
}
