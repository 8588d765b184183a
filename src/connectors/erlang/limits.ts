import { countIssue } from '../../pool/option-checks';
import { checkObject } from '../msgpack-rpc/arguments';
import { termLimits, type TermLimits } from './terms/limits';

/** Bounds of a connection. Each is an integer of at least 1, or Infinity for none. */
export interface ErlangLimits extends TermLimits {
  /** Bytes of a payload of `askDistributed`, before anything is made of it. Default 1 048 576 (1 MiB). */
  readonly maxPayloadBytes: number;
}

const defaults: ErlangLimits = { ...termLimits, maxPayloadBytes: 1024 * 1024 };

/** The given limits with the defaults for the others. Problems are added to `issues`. */
export function resolveLimits(given: Partial<ErlangLimits> | undefined, issues: string[]): ErlangLimits {
  if (given === undefined) return defaults;
  const names = Object.keys(defaults);
  const limits = checkObject('limits', given, names, issues) ?? {};
  const set = Object.entries(limits).filter(([name, value]) => names.includes(name) && value !== undefined);
  for (const [name, value] of set) {
    const issue = countIssue(`limits.${name}`, value, { infinite: true });
    if (issue !== null) issues.push(issue);
  }
  return { ...defaults, ...Object.fromEntries(set) };
}
