import { concat, map, of, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { assertDeepEqual, scriptedConnector } from '../../src/testing/index';
import { failed, failureOf, lines } from './support';

describe('A failed expectation', () => {
  it('shows values by their letters, and which part of them differs', () => {
    const message = failed(({ cold, expectObservable }) => {
      const values = { x: { id: 1, tags: ['a', 'b'] }, y: { id: 2, tags: [] } };
      expectObservable(cold('-x-y', { ...values, y: { id: 2, tags: ['c'] } })).toBe('-x-y', values);
    });
    expect(message).toBe(
      lines(
        'expectObservable: frame 3: expected y, got A',
        '',
        '  expected  -x-y',
        '  actual    -x-A',
        '               ^',
        '',
        "  x = { id: 1, tags: ['a', 'b'] }",
        '  y = { id: 2, tags: [] }',
        "  A = { id: 2, tags: ['c'] }  (actual)",
        "  A.tags[0] is 'c', y.tags[0] is missing",
      ),
    );
  });

  it('shows both errors', () => {
    const message = failed(({ expectObservable }) => {
      expectObservable(throwError(() => new RangeError('too far'))).toBe('#', undefined, new Error('another'));
    });
    expect(message).toBe(
      lines(
        'expectObservable: frame 0: expected #, got #',
        '',
        '  expected  #',
        '  actual    #',
        '            ^',
        '',
        '  # expected  Error: another',
        '  # actual    RangeError: too far',
      ),
    );
  });

  it('aligns frames below each other, with groups and long times', () => {
    const message = failed(({ cold, expectObservable }) => {
      expectObservable(cold('(ab)-c 5s d|')).toBe('(ab)-c 5s (de|)');
    });
    expect(message).toContain(
      lines(
        'frame 5006: expected (de|), got d',
        '',
        '  expected  (ab)-c 5000ms (de|)',
        '  actual    (ab)-c 5000ms d----|',
        '                          ^^^^^^',
      ).slice(0, 30),
    );
    expect(message).toContain('  expected  (ab)-c 5000ms (de|)');
  });

  it('says when rows are not to scale, since signs follow a group within its width', () => {
    const message = failed(({ cold, expectObservable }) => {
      expectObservable(concat(of('a', 'b'), cold('--c|'))).toBe('(ab)c|');
    });
    expect(message).toContain('(not to scale: a group is wider than the time to the next sign)');
    expect(message).toMatch(/^expectObservable: frame 2: expected nothing, got c/);
  });

  it('shows subscriptions as marbles, each one that differs', () => {
    const message = failed(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-|');
      expectObservable(source, '-^-!').toBe('--a');
      expectObservable(source).toBe('-a-|');
      expectSubscriptions(source.subscriptions).toBe(['^--!', '-^--!']);
    });
    expect(message).toBe(
      lines(
        'expectSubscriptions: subscription 2 of 2: frame 3: expected nothing, got !',
        '',
        '  expected  -^--!',
        '  actual    -^-!',
        '               ^^',
      ),
    );
  });

  it('tells a subscription that is missing from one that is too many', () => {
    const message = failed(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-|');
      expectObservable(source).toBe('-a-|');
      expectSubscriptions(source.subscriptions).toBe(['^--!', '^--!']);
    });
    expect(message).toMatch(
      /^expectSubscriptions: subscription 2 of 2, 2 expected, 1 actual: frame 0: expected \^, got nothing/,
    );
    expect(message).toContain('  expected  ^--!\n  actual    -\n');
  });

  it('shows an inner Observable as marbles', () => {
    const message = failed(({ cold, expectObservable }) => {
      expectObservable(cold('-x|').pipe(map(() => cold('a-b|')))).toBe('-x|', { x: 'x' });
    });
    expect(message).toContain("A = 'a-b|'  (actual)");
  });

  it('shows a part of very long rows, around what differs first', () => {
    const message = failed(({ cold, expectObservable }) => {
      expectObservable(cold(`${'-a'.repeat(500)}|`)).toBe(`${'-a'.repeat(500)}b|`);
    });
    expect(message.split('\n').every((line) => line.length < 200))
      .withContext(message)
      .toBeTrue();
    expect(message).toContain('a-ab|');
  });

  it('distinguishes 1 from its text', () => {
    expect(failed(({ expectObservable }) => expectObservable(of(1)).toBe('(1|)'))).toContain(
      "1 = '1'\n  A = 1  (actual)",
    );
  });
});

describe('assertDeepEqual', () => {
  it('shows the rows for a TestScheduler of your own', () => {
    const { message } = failureOf(() => {
      new TestScheduler(assertDeepEqual).run(({ cold, expectObservable }) => {
        expectObservable(cold('-a-b|')).toBe('-a--b|');
      });
    });
    expect(message).toContain('  expected  -a--b|\n  actual    -a-b|');
    new TestScheduler(assertDeepEqual).run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a|');
      expectObservable(source).toBe('-a|');
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
  });

  it('compares the subscriptions of a scripted connector, as every runner does', () => {
    new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    }).run(({ expectObservable, expectSubscriptions }) => {
      const connect = scriptedConnector('-a|');
      expectObservable(connect()).toBe('-a|');
      expectSubscriptions(connect.subscriptions).toBe('^-!');
    });
  });

  it('reads each message a constant number of times, however many there are', () => {
    let reads = 0;
    const messages = (last: string): unknown[] =>
      Array.from({ length: 1_000 }, (_, i) => ({
        get frame() {
          reads++;
          return i;
        },
        notification: { kind: 'N', value: i === 999 ? last : 'a', error: undefined },
      }));
    const { message } = failureOf(() => assertDeepEqual(messages('b'), messages('c')));
    expect(message).toContain('frame 999: expected c, got b');
    expect(reads).toBeLessThan(20 * 2_000);
  });

  it('takes matchers, and values of any kind', () => {
    const circular: Record<string, unknown> = { n: 1 };
    circular['self'] = circular;
    const same: [unknown, unknown][] = [
      [{ a: 1, b: 2 }, jasmine.objectContaining({ a: 1 })],
      [
        ['x', 1],
        [jasmine.any(String), jasmine.anything()],
      ],
      [new Map([[1, new Set(['a'])]]), new Map([[1, new Set(['a'])]])],
      [new Date(5), new Date(5)],
      [Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
      [new TypeError('x'), new TypeError('x')],
      [/a/g, /a/g],
      [NaN, NaN],
      [circular, circular],
      [[], []],
    ];
    for (const [actual, expected] of same) expect(() => assertDeepEqual(actual, expected)).not.toThrow();
    const different: [unknown, unknown, string][] = [
      [1, '1', "expected  '1'\n  actual    1"],
      [{ a: undefined }, {}, 'actual.a is undefined, expected.a is missing'],
      [{ a: { b: [1] } }, { a: { b: [2] } }, 'actual.a.b[0] is 1, expected.a.b[0] is 2'],
      [[1], { 0: 1 }, 'expected  { 0: 1 }'],
      [new Map([[1, 2]]), new Map([[1, 3]]), 'expected  Map[[1, 3]]'],
      [new Date(5), new Date(6), '1970-01-01T00:00:00.006Z'],
      [new TypeError('x'), new Error('x'), 'expected  Error: x'],
      [null, {}, 'actual    null'],
      [/a/g, /a/, 'the values differ'],
    ];
    for (const [actual, expected, text] of different) {
      expect(failureOf(() => assertDeepEqual(actual, expected)).message).toContain(text);
    }
  });
});
