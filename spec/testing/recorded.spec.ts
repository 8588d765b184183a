import { EMPTY, NEVER } from 'rxjs';
import { poolTest, scriptedConnector } from '../../src/testing/index';
import { failed, lines } from './support';

describe('expectStats', () => {
  it('compares one figure, by its digits', () => {
    poolTest(({ pool, cold, expectObservable, expectStats }) => {
      const words = pool({ max: 1, connect: scriptedConnector('--a') });
      for (const expected of ['-----|', '--------|']) expectObservable(words.use(() => cold('---|'))).toBe(expected);
      expectStats(words, 'activeLeases').toBe('0-1-----0');
      expectStats(words, 'pendingAcquires').toBe('2-1--0');
      expectStats(words, 'state').toBe('o', { o: 'open' });
    });
    expect().nothing();
  });

  it('compares several figures, those that are named, at the end of each frame', () => {
    poolTest(({ pool, cold, expectObservable, expectStats, at }) => {
      const words = pool({ max: 1, connect: scriptedConnector('--a') });
      expectObservable(words.use(() => cold('---|'))).toBe('-----|');
      expectStats(words).toBe('a-b--c-(d|)', {
        a: { openingConnections: 1, activeLeases: 0 },
        b: { openingConnections: 0, activeLeases: 1 },
        c: { activeLeases: 0 },
        d: { state: 'destroyed' },
      });
      at(7, () => words.destroy());
    });
    expect().nothing();
  });

  it('fails with two rows', () => {
    const message = failed(({ pool, cold, expectObservable, expectStats }) => {
      const words = pool({ name: 'words', max: 1, connect: scriptedConnector('--a') });
      expectObservable(words.use(() => cold('---|'))).toBe('-----|');
      expectStats(words, 'activeLeases').toBe('0-1-0');
    });
    expect(message).toBe(
      lines(
        "expectStats of pool 'words', activeLeases: frame 4: expected 0, got nothing",
        '',
        '  expected  0-1-0',
        '  actual    0-1--0',
        '                ^^',
      ),
    );
  });

  it('refuses figures that there are not, and letters without values', () => {
    expect(
      failed(({ pool, expectStats }) => void expectStats(pool({ max: 1, connect: () => NEVER }), 'leases' as never)),
    ).toMatch(/^expectStats knows no figure 'leases'; the figures are name, seq,/);
    expect(
      failed(({ pool, expectStats }) =>
        expectStats(pool({ max: 1, connect: () => NEVER })).toBe('a', undefined as never),
      ),
    ).toMatch(/^expectStats needs values, such as/);
  });
});

describe('expectEvents', () => {
  it('compares types of events, and the properties that are named', () => {
    poolTest(({ pool, cold, expectObservable, expectEvents }) => {
      const words = pool({ max: 1, connect: scriptedConnector('--a') });
      expectObservable(words.use(() => cold('---|'), { label: 'x' })).toBe('-----|');
      expectEvents(words, ['acquired', 'released']).toBe('--a--r', {
        a: { type: 'acquired', waited: 2, label: 'x' },
        r: 'released',
      });
      expectEvents(words, 'opened').toBe('--o');
      expectEvents(words, 'timedOut').toBe('-');
      expectEvents(words, (event) => 'label' in event).toBe('--x--x', { x: { label: 'x' } });
      expectEvents(words).toBe(['--o', '--a', '-----r'], { o: 'opened', a: 'acquired', r: 'released' });
    });
    expect().nothing();
  });

  it('fails with two rows, and with what came instead', () => {
    const message = failed(({ pool, expectEvents, expectObservable }) => {
      const words = pool({ name: 'words', max: 1, connect: scriptedConnector('--a') });
      expectObservable(words.use(() => EMPTY)).toBe('--|');
      expectEvents(words, 'acquired').toBe('--a', { a: { type: 'acquired', waited: 3 } });
    });
    expect(message).toBe(
      lines(
        "expectEvents of pool 'words': frame 2: expected a, got A",
        '',
        '  expected  --a',
        '  actual    --A',
        '              ^',
        '',
        "  a = { type: 'acquired', waited: 3 }",
        "  A = { type: 'acquired', connection: 1, waited: 2 }  (actual)",
      ),
    );
  });

  it('refuses letters without values', () => {
    expect(failed(({ pool, expectEvents }) => expectEvents(pool({ max: 1, connect: () => NEVER })).toBe('a'))).toMatch(
      /^expectEvents needs values that say what each letter is/,
    );
  });
});
