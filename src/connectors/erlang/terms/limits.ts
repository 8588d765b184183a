/** Bounds on a term that comes in. Each is an integer of at least 1, or Infinity for none. */
export interface TermLimits {
  /** Bytes of a message, which is a term and where it goes to. Kept before any of it is decoded. Default 134 217 728 (128 MiB). */
  readonly maxBytes: number;
  /** How deep tuples, lists and maps may be nested. Default 256. */
  readonly maxDepth: number;
  /** Elements of all tuples, lists and maps in a term; an entry of a map counts as two. Default 4 194 304. */
  readonly maxElements: number;
  /** Atoms in a term that were not in use in this process before. Those that the program does not keep are forgotten. Default 65 536. */
  readonly maxAtoms: number;
}

export const termLimits: TermLimits = {
  maxBytes: 128 * 1024 * 1024,
  maxDepth: 256,
  maxElements: 4 * 1024 * 1024,
  maxAtoms: 64 * 1024,
};

/** Why bytes are not taken: they are no term, or more than the limits allow. */
export class TermRefusal extends Error {
  constructor(
    readonly kind: 'malformed' | 'limit',
    message: string,
  ) {
    super(message);
    this.name = 'TermRefusal';
  }
}

export const malformed = (what: string): TermRefusal => new TermRefusal('malformed', what);

export const beyond = (limit: keyof TermLimits, limits: TermLimits, what: string): TermRefusal =>
  new TermRefusal('limit', `${what}, beyond ${limit} (${limits[limit]})`);
