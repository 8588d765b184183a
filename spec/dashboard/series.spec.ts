import type { Frame, PoolHistory } from '../../src/dashboard/frames';
import { directions } from '../../src/dashboard/page/format';
import { ratesOf, worstFirst } from '../../src/dashboard/series';
import { statsOf } from '../diagnosis/facts';

const frameOf = (acquired: number): Frame => ({ length: 500, stats: statsOf({ acquired }) }) as Frame;

const poolOf = (name: string, severity?: string, condition?: string): PoolHistory => ({
  name,
  frames: severity === undefined ? [] : [{ diagnosis: { severity, condition } } as Frame],
});

describe('the figures of a dashboard', () => {
  it('have no rate in the first frame, which has nothing before it', () => {
    expect(ratesOf([1_000, 1_010, 1_010, 1_030].map(frameOf), ({ acquired }) => acquired)).toEqual([null, 20, 0, 40]);
    expect(ratesOf([], ({ acquired }) => acquired)).toEqual([]);
  });

  it('put the worst pool first: by severity, then what keeps every caller from work before what slows callers down', () => {
    const pools = [
      poolOf('new'),
      poolOf('fine', 'ok', 'healthy'),
      poolOf('small', 'critical', 'too-small'),
      poolOf('ended', 'notice', 'destroyed'),
      poolOf('forgetful', 'warning', 'leak'),
      poolOf('also small', 'critical', 'too-small'),
      poolOf('down', 'critical', 'dead-target'),
    ];
    expect([...pools].sort(worstFirst).map(({ name }) => name)).toEqual([
      'down',
      'small',
      'also small',
      'forgetful',
      'ended',
      'fine',
      'new',
    ]);
  });

  it('isolate what is written from right to left, so that the figures behind it stay in order', () => {
    expect(directions(`held by 'تقرير ليلي', 41 s`)).toEqual(["held by '", 'تقرير ليلي', "', 41 s"]);
    expect(directions('שלום 5')).toEqual(['', 'שלום', ' 5']);
    expect(directions('nothing of it')).toEqual(['nothing of it']);
  });
});
