function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const throwing = (what: string): PropertyDescriptor => ({
  enumerable: true,
  get: () => {
    throw new Error(`the getter of ${what} throws`);
  },
});

/** Unexpected values that users throw, reject with, return and answer. */
export const odd = {
  nothing: undefined,
  null: null,
  'an object without a prototype': Object.create(null) as unknown,
  'a symbol': Symbol('odd'),
  'a bigint': 5n,
  'not a number': NaN,
  infinity: Infinity,
  'a negative number': -1,
  'an empty string': '',
  true: true,
  'a function': () => undefined,
  'an empty array': [],
  'a revoked proxy': revoked({}),
  'a revoked proxy of a function': revoked(() => undefined),
  'a proxy that throws on every access': new Proxy(
    {},
    Object.fromEntries(
      (['get', 'has', 'getPrototypeOf', 'ownKeys', 'getOwnPropertyDescriptor'] as const).map((trap) => [
        trap,
        () => {
          throw new Error(`${trap} throws`);
        },
      ]),
    ),
  ) as unknown,
  'a frozen error': Object.freeze(new Error('frozen')),
  'an error without a message': new Error(''),
  'an error whose message throws': Object.defineProperty(new Error('unreadable'), 'message', throwing('message')),
  'an error whose name and message are no strings': Object.assign(new Error('odd'), { message: Symbol('m'), name: 5n }),
  'an error whose code throws': Object.defineProperty(new Error(''), 'code', throwing('code')),
  'an error of several errors': new AggregateError([new Error('one'), Object.create(null), 'three']),
  'an error of itself': Object.assign(new AggregateError([]), { message: '' }),
  'an object whose toString throws': {
    toString: () => {
      throw new Error('toString throws');
    },
  } as unknown,
  'an object whose toString returns no string': { toString: () => ({}) } as unknown,
  'an object that looks like an error': { message: 'like an error' } as unknown,
};

odd['an error of itself'].errors.push(odd['an error of itself']);
