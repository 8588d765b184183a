import { describeValue, messageOf, messageWithKind } from '../../src/pool/values/describe';

describe('the message of a reason', () => {
  it('has the name of an error in front, and nothing in front of what is no error', () => {
    class Odd extends Error {
      override readonly name = 'Odd';
    }
    const cases: [reason: unknown, message: string][] = [
      [new Error('refused'), 'Error: refused'],
      [new Odd('refused'), 'Odd: refused'],
      [{ name: 'Plain', message: 'refused' }, 'Plain: refused'],
      [{ message: 'refused' }, 'refused'],
      ['refused', 'refused'],
      [5, '5'],
      [null, 'null'],
      [undefined, 'undefined'],
    ];
    for (const [reason, message] of cases) expect(messageWithKind(reason)).toBe(message);
    // Without a message there is nothing to put a name in front of.
    expect(messageWithKind({ name: 'Nameless' })).toBe('an object');
    expect(messageWithKind(Object.create(null))).toBe('an object');
    expect(messageWithKind(Object.assign(() => undefined, { message: 'm' }))).toBe('the function (anonymous)');
  });

  it('is the first of message, parts, code, cause, name and text that says something', () => {
    const cases: [reason: unknown, message: string][] = [
      [{ message: 'm', errors: [], code: 'C' }, 'm'],
      [{ message: 'm', errors: ['p'] }, 'm: p'],
      [{ message: 'm', errors: 'no list' }, 'm'],
      [{ message: '', errors: ['p'], code: 'C' }, 'p'],
      [{ errors: [], code: 'C', cause: 'why' }, 'C'],
      [{ code: '', cause: 'why' }, 'why'],
      [{ code: 0, cause: 'why' }, '0'],
      [{ code: {}, cause: 'why' }, 'why'],
      [{ cause: undefined, toString: () => 'text' }, 'text'],
      [{ toString: () => '' }, 'an object'],
      [{ toString: () => 5 }, 'an object'],
      [{ toString: 5 }, 'an object'],
      [Object.assign(new RangeError(''), { toString: () => 'text' }), 'RangeError'],
      [Object.assign(new Error(''), { name: '' }), 'an Error'],
      [new AbortController(), 'an AbortController'],
      [new URLSearchParams(), 'a URLSearchParams'],
      [[], 'an array of 0'],
      [Object.assign(['a'], { toString: () => 'text' }), 'an array of 1'],
    ];
    for (const [reason, message] of cases) expect(messageOf(reason)).withContext(message).toBe(message);
  });

  it('has at most three parts, each once, and is three levels deep', () => {
    const parts = (count: number): unknown => ({ errors: Array.from({ length: count }, (_, i) => `p${i}`) });
    expect(messageOf(parts(1))).toBe('p0');
    expect(messageOf(parts(3))).toBe('p0; p1; p2');
    expect(messageOf(parts(4))).toBe('p0; p1; p2; and 1 more');
    expect(messageOf({ errors: ['same', 'same', 'other'] })).toBe('same; other');
    const nested = (depth: number): unknown =>
      depth === 0 ? { message: 'deepest' } : { message: `m${depth}`, errors: [nested(depth - 1)] };
    expect(messageOf(nested(2))).toBe('m2: m1: deepest');
    expect(messageOf(nested(3))).toBe('m3: m2: m1');
    const caused = (depth: number): unknown => (depth === 0 ? 'first' : { cause: caused(depth - 1) });
    expect(messageOf(caused(2))).toBe('first');
    expect(messageOf(caused(3))).toBe('an object');
  });

  it('does without what cannot be read', () => {
    const unreadable = {
      get message(): string {
        throw new Error('not read');
      },
      code: 'C',
    };
    expect(messageOf(unreadable)).toBe('C');
    const failing = {
      toString: () => {
        throw new Error('not shown');
      },
    };
    expect(messageOf(failing)).toBe('an object');
  });
});

describe('a value in a message', () => {
  it('is shown by its kind', () => {
    function named(): void {
      // Only its name is shown.
    }
    class Pool {
      readonly max = 1;
    }
    const nameless = (() =>
      class {
        readonly max = 1;
      })();
    const cases: [value: unknown, text: string][] = [
      ['', '""'],
      ['a"b', '"a\\"b"'],
      ['x'.repeat(40), `"${'x'.repeat(40)}"`],
      ['x'.repeat(41), `"${'x'.repeat(40)}…"`],
      [5n, '5n'],
      [-0.5, '-0.5'],
      [named, 'the function named'],
      [
        (
          () => () =>
            1
        )(),
        'the function (anonymous)',
      ],
      [[1, 2], 'an array of 2'],
      [{}, 'an object'],
      [Object.create(null), 'an object'],
      [{ constructor: 'text' }, 'an object'],
      [{ constructor: undefined }, 'an object'],
      [new Pool(), 'a Pool'],
      [new nameless(), 'an object'],
      [new Date(0), 'a Date'],
      [null, 'null'],
      [undefined, 'undefined'],
      [true, 'true'],
      [Symbol('s'), 'Symbol(s)'],
    ];
    for (const [value, text] of cases) expect(describeValue(value)).withContext(text).toBe(text);
  });

  it('is shown as unreadable where it cannot be read', () => {
    const revoked = (target: object): unknown => {
      const { proxy, revoke } = Proxy.revocable(target, {});
      revoke();
      return proxy;
    };
    expect(describeValue(revoked({}))).toBe('an object that cannot be read');
    // Its name cannot be read, and it is a function all the same.
    expect(describeValue(revoked(() => undefined))).toBe('the function (anonymous)');
  });
});
