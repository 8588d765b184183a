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

/** The result of `connect` is neither an Observable nor a Promise, or is one of `undefined` or `null`. */
export const noConnection = (what: string): ConnectorMistake =>
  new ConnectorMistake(`connect must return an Observable or a Promise of a connection, but ${what}`, true);

/** The Observable of `connect` has completed in the call that emitted the connection, like `of(connection)` and `from(promise)`. */
export const connectionEndedAtOnce = (): ConnectorMistake =>
  new ConnectorMistake(
    'the Observable of connect completed as soon as it had emitted the connection, which ends it; ' +
      'return concat(of(connection), NEVER), or a Promise',
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
