/** What `connect` returned can never become a connection: the next call would return the same kind of thing. */
export class NoConnectionReturned extends TypeError {
  constructor(returned: string) {
    super(
      `connect must return an Observable or a Promise of a connection, but returned ${returned}; ` +
        `a connection that is there at once is returned by an async function`,
    );
  }
}

/** Whatever it is: a proxy may throw when it is asked for its class. */
export function isNoConnectionReturned(error: unknown): boolean {
  try {
    return error instanceof NoConnectionReturned;
  } catch {
    return false;
  }
}
