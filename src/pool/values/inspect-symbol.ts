/** By which `util.inspect` and `console.log` find out how an object is to be shown; a plain symbol wherever there is no such thing. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;
