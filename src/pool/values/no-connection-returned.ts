/** The result of `connect` is neither an Observable nor a Promise. Not retried: the next call would return the same kind of value. */
export class NoConnectionReturned extends TypeError {
  constructor(returned: string) {
    super(
      `connect must return an Observable or a Promise of a connection, but returned ${returned}; ` +
        `to return a connection that is available at once, make connect an async function`,
    );
  }
}

/** Accepts any value: `instanceof` may throw for a proxy. */
export function isNoConnectionReturned(error: unknown): boolean {
  try {
    return error instanceof NoConnectionReturned;
  } catch {
    return false;
  }
}
