/** The method that `util.inspect` and `console.log` call to print an object in Node; an ordinary symbol elsewhere. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;
