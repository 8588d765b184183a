import { describeValue } from '../../pool/values/describe';

const LONGEST = 1_000;

/** The problem with a subject, or null. Wildcards (`*`, and `>` at the end) are for subscriptions. */
export function notASubject(subject: unknown, wildcards: boolean): string | null {
  if (typeof subject !== 'string' || subject === '')
    return `must be text that is not empty, but got ${describeValue(subject)}`;
  if (subject.length > LONGEST) return `must have at most ${LONGEST} characters, but has ${subject.length}`;
  // eslint-disable-next-line no-control-regex -- what ends a line of the protocol, or a part of it
  if (/[\s\u0000-\u001f\u007f]/.test(subject)) return `has a space or a control character: ${describeValue(subject)}`;
  const tokens = subject.split('.');
  if (tokens.includes('')) return `has an empty part: ${describeValue(subject)}`;
  if (!wildcards && (tokens.includes('*') || tokens.includes('>'))) {
    return `has a wildcard, which is for subscriptions: ${describeValue(subject)}`;
  }
  if (tokens.slice(0, -1).includes('>')) return `has '>' before its end: ${describeValue(subject)}`;
  return null;
}

/** Throws a `TypeError` for what is no subject. */
export function checkSubject(subject: unknown, wildcards: boolean): asserts subject is string {
  const issue = notASubject(subject, wildcards);
  if (issue !== null) throw new TypeError(`The subject ${issue}`);
}
