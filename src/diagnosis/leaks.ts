import type { Holder } from '../pool/reports/holders';
import type { Rule } from './findings';
import { callersWait, count, quoted, time } from './words';

/** Leases that are still held, and look as if they were never released. */
export const leak: Rule = (at) => {
  const { forgotten, facts, longestUse } = at;
  const [first] = forgotten;
  if (first === undefined) return null;
  const { stats } = facts;
  const connections = [...new Set(forgotten.map(({ connection }) => connection))].sort((a, b) => a - b);
  const usual = longestUse > 0 ? `, where others are held ${time(longestUse)} at the 99th percentile` : '';
  const looks = forgotten.length === 1 ? '1 lease looks leaked' : `${forgotten.length} leases look leaked`;
  const isShort = stats.pendingAcquires > 0 || at.moved('timeouts') > 0;
  return {
    condition: 'leak',
    severity: isShort ? 'critical' : 'warning',
    sentence:
      `${looks}: held for ${time(first.age)} by ${labelOf(first)}${otherLabels(forgotten, first)}${usual} ` +
      `(${connections.length === 1 ? 'connection' : 'connections'} ${listed(connections)}); ${at.lent}, ${callersWait(stats.pendingAcquires)}.`,
    advice: `${whereToRelease(first)} A connection comes back when its lease is released or discarded; a larger max only delays the end.`,
  };
};

/** Leases that the garbage collector has found: their connections are closed, but the code that lost them is still there. */
export const abandonedLeases: Rule = (at) => {
  const { abandoned, stats } = at.facts;
  const newest = abandoned?.last.at(-1);
  if (abandoned === undefined || newest === undefined) return null;
  const [were, them, newestOf] = abandoned.count === 1 ? ['was', 'it', ''] : ['were', 'them', 'the newest '];
  const when = at.window > 0 ? ` in the last ${time(at.window)}` : '';
  return {
    condition: 'leak',
    severity: 'warning',
    sentence:
      `${count(abandoned.count, 'lease')} ${were} never released; the garbage collector found ${them}${when}: ` +
      `${newestOf}held for ${time(newest.age)} by ${labelOf(newest)}${otherLabels(abandoned.last, newest)}; ` +
      `${at.lent}, ${callersWait(stats.pendingAcquires)}.`,
    advice:
      `${whereToRelease(newest)} Release in a finally, or use pool.use: a lost lease keeps its connection until the ` +
      'garbage collector runs, and the pool then has to close it.',
  };
};

const listed = (numbers: readonly number[]): string =>
  `${numbers.slice(0, 5).join(', ')}${numbers.length > 5 ? ` and ${numbers.length - 5} more` : ''}`;

const labelOf = ({ label }: Holder): string => (label === undefined ? 'a caller without a label' : quoted(label));

function otherLabels(holders: readonly Holder[], named: Holder): string {
  const others = new Set(holders.map(({ label }) => label));
  others.delete(named.label);
  return others.size === 0 ? '' : ` and ${count(others.size, 'other label')}`;
}

function whereToRelease(holder: Holder): string {
  const place = placeOf(holder);
  return place === ''
    ? `Find where ${labelOf(holder)} does not release its lease; with leakThreshold the pool tells where it was acquired.`
    : `Release the lease that was acquired ${place}.`;
}

/** Where a lease was acquired: the first frame of its stack that is neither of the package nor of Node. */
function placeOf({ stack = '' }: Holder): string {
  const frames = stack.split('\n').slice(1);
  const own = frames.find((frame) => !/node_modules|node:|rxjs-connection-pool[/\\](dist|src)/.test(frame));
  return own?.trim() ?? '';
}
