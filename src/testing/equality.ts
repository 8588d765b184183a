/** Where two values differ first: `.items[2].id`; an empty path means the values themselves. */
export interface Difference {
  readonly path: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

/** A matcher of any test runner, such as `jasmine.objectContaining` or `expect.any`, or of this package. */
interface Matcher {
  asymmetricMatch(actual: unknown, runner: typeof jasmineUtil): boolean;
}

/** The part of its own tools that jasmine passes to its matchers. */
const jasmineUtil = {
  equals: (actual: unknown, expected: unknown): boolean => deepEqual(actual, expected),
  contains: (all: Iterable<unknown> | null | undefined, one: unknown): boolean =>
    [...(all ?? [])].some((each) => deepEqual(each, one)),
  pp: String,
};

type Pair = readonly [unknown, unknown];

/**
 * Deep equality: own enumerable properties, `Map`, `Set`, `Date`, typed arrays; errors by name, message and own properties. Prototypes of
 * other objects are not compared. `expected` may contain matchers of the test runner.
 */
export function deepEqual(actual: unknown, expected: unknown): boolean {
  return firstDifference(actual, expected) === null;
}

export function firstDifference(
  actual: unknown,
  expected: unknown,
  path = '',
  compared: readonly Pair[] = [],
): Difference | null {
  const different: Difference = { path, actual, expected };
  if (isMatcher(expected)) return expected.asymmetricMatch(actual, jasmineUtil) ? null : different;
  // The matchers of jasmine that contain others compare them the other way round.
  if (isMatcher(actual)) return actual.asymmetricMatch(expected, jasmineUtil) ? null : different;
  if (Object.is(actual, expected)) return null;
  if (!isObject(actual) || !isObject(expected) || kindOf(actual) !== kindOf(expected)) return different;
  // A circular value: the pair is being compared further out.
  if (compared.some(([one, other]) => one === actual && other === expected)) return null;
  const within = [...compared, [actual, expected] as const];
  const inside = (one: unknown, other: unknown, key: string): Difference | null =>
    firstDifference(one, other, `${path}${key}`, within);

  if (actual instanceof Date) return inside(actual.getTime(), (expected as unknown as Date).getTime(), '.getTime()');
  if (actual instanceof RegExp)
    return actual.toString() === (expected as unknown as RegExp).toString() ? null : different;
  if (actual instanceof Map || actual instanceof Set) {
    return inside([...actual], [...(expected as unknown as Iterable<unknown>)], '');
  }
  if (actual instanceof Error) {
    const wanted = expected as unknown as Error;
    const found = inside(actual.name, wanted.name, '.name') ?? inside(actual.message, wanted.message, '.message');
    if (found !== null) return found;
  }
  const isArray = Array.isArray(actual);
  const keys = new Set([...keysOf(actual), ...keysOf(expected)]);
  for (const key of keys) {
    const name = isArray ? `[${String(key)}]` : `.${String(key)}`;
    const [one, other] = [Object.hasOwn(actual, key), Object.hasOwn(expected, key)];
    if (!one || !other) {
      return { path: `${path}${name}`, actual: one ? actual[key] : missing, expected: other ? expected[key] : missing };
    }
    const found = inside(actual[key], expected[key], name);
    if (found !== null) return found;
  }
  return null;
}

/** In the place of a property that one of the values does not have. */
export const missing: unique symbol = Symbol('missing');

export function isMatcher(value: unknown): value is Matcher {
  return isObject(value) && typeof value['asymmetricMatch'] === 'function';
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

const kindOf = (value: object): string => (Array.isArray(value) ? 'array' : Object.prototype.toString.call(value));

const keysOf = (value: object): PropertyKey[] =>
  Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
