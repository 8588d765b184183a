/** What a connector did wrong, whatever the target does. */
export class ConnectorMistake extends TypeError {
  constructor(
    message: string,
    /** Whether the next call of `connect` would fail in the same way: no caller should wait for it. */
    readonly isPermanent: boolean,
  ) {
    super(message);
  }
}

/** The result of `connect` is neither an Observable nor a Promise. */
export const noConnectionReturned = (returned: string): ConnectorMistake =>
  new ConnectorMistake(
    `connect must return an Observable or a Promise of a connection, but returned ${returned}; ` +
      `to return a connection that is available at once, make connect an async function`,
    true,
  );

/** The Promise of `connect` has resolved to undefined or null, or its Observable has emitted that. */
export const noConnectionDelivered = (delivered: string, byPromise: boolean): ConnectorMistake =>
  new ConnectorMistake(
    byPromise
      ? `connect resolved to ${delivered}, not to a connection; return the connection at its end`
      : `the Observable of connect emitted ${delivered}, not a connection; emit the connection`,
    true,
  );

/** The Observable of `connect` has completed in the call that emitted the connection, like `of(connection)` and `from(promise)`. */
export const connectionEndedAtOnce = (): ConnectorMistake =>
  new ConnectorMistake(
    `the Observable of connect completed as soon as it had emitted the connection, which ends the connection; ` +
      `keep it open by concat(of(connection), NEVER), or return a Promise`,
    false,
  );

/** The mistake that this error is, or null. Accepts any value: `instanceof` may throw for a proxy. */
export function mistakeOf(error: unknown): ConnectorMistake | null {
  try {
    return error instanceof ConnectorMistake ? error : null;
  } catch {
    return null;
  }
}
