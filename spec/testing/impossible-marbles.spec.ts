import { of } from 'rxjs';
import { poolTest, promised, scriptedConnector } from '../../src/testing/index';
import { failed, failureOf, lines } from './support';

const wrong: Readonly<Record<string, RegExp>> = {
  '--a--b|--c': /nothing can follow the end \('\|'\)/,
  '-#a': /nothing can follow the end \('#'\)/,
  '(ab': /the group is not closed/,
  'a)': /'\)' closes no group/,
  '((a))': /a group cannot contain another group/,
  '--a10ms b|': /a time needs a space before and after it/,
  '-a 10ms': /a time needs a space after it: '10ms '/,
  '-a!': /'!' belongs into the marbles of a subscription/,
  '-^a': /'\^' belongs into the marbles of a subscription/,
};

describe('Impossible marbles', () => {
  for (const [marbles, why] of Object.entries(wrong)) {
    it(`${marbles} are refused by cold, and by the expectation`, () => {
      expect(failed(({ cold }) => void cold(marbles))).toMatch(why);
      expect(failed(({ at }) => at(marbles, () => 1))).toMatch(why);
      if (marbles !== '-^a')
        expect(failed(({ expectObservable }) => expectObservable(of(1)).toBe(marbles))).toMatch(why);
    });
  }

  it('are shown with the place', () => {
    expect(failed(({ cold }) => void cold('--a--b|--c'))).toBe(
      lines("cold got impossible marbles: nothing can follow the end ('|')", '', '  --a--b|--c', '           ^'),
    );
  });

  it('have a letter without a value', () => {
    expect(failed(({ cold }) => void cold('-a-q', { a: 1, b: 2 }))).toMatch(
      /no value is given for 'q'; the values are a, b/,
    );
    expect(
      failed(({ expectStats, pool }) => expectStats(pool({ max: 1, connect: () => of(1) })).toBe('q', {})),
    ).toMatch(/no value is given for 'q'; the values are empty/);
  });

  it('of a subscription have other signs', () => {
    const message = failed(({ cold, expectSubscriptions }) => expectSubscriptions(cold('a').subscriptions).toBe('^-a'));
    expect(message).toMatch(/a subscription has only '\^' and '!', but got 'a'/);
  });

  it('of a scripted connector open more than one connection', () => {
    expect(failureOf(() => scriptedConnector('--a--b')).message).toMatch(
      /a connect opens one connection, so it has one letter/,
    );
    expect(failureOf(() => scriptedConnector()).message).toMatch(/takes at least one script/);
    expect(failureOf(() => scriptedConnector('a|b')).message).toMatch(/nothing can follow the end/);
    expect(failureOf(() => scriptedConnector('-x', { values: { a: 1 } })).message).toMatch(/no value is given for 'x'/);
  });

  it('of a promise have no value, or several', () => {
    for (const marbles of ['ab', 'a|', '|']) {
      expect(failureOf(() => promised(marbles)).message).toMatch(/^promised takes one letter/);
    }
  });

  it('are no string', () => {
    expect(failed(({ cold }) => void cold(5 as never))).toBe(
      "cold takes a marble string such as '--a--|', but got number",
    );
    expect(failed(({ expectSubscriptions }) => expectSubscriptions([]).toBe([null as never]))).toMatch(/but got null$/);
  });

  it('are not these: emojis, digits as values, times in the middle and at the beginning', () => {
    poolTest(({ cold, expectObservable }) => {
      expectObservable(cold('-🚀 10ms 1 2s 2|')).toBe('-🚀 10ms 1 2s 2|');
      expectObservable(cold(' 5ms a')).toBe('5ms a');
      expectObservable(cold('1ms', { 1: 'x', m: 'y', s: 'z' })).toBe('xyz');
    });
    expect().nothing();
  });
});
