import type { EvictReason } from '../pool/state/claim-and-slot';

type Evicted = Readonly<Partial<Record<EvictReason, number>>>;

/** What closes connections, most frequent first. */
export const byFrequency = (evicted: Evicted): readonly (readonly [EvictReason, number])[] =>
  (Object.entries(evicted) as [EvictReason, number][]).filter(([, times]) => times > 0).sort(([, a], [, b]) => b - a);

/** What to do about the reason for which most connections were closed. */
export function evictionAdvice(evicted: Evicted): string {
  const [first] = byFrequency(evicted);
  return advice[first?.[0] ?? 'lost'];
}

const advice: Readonly<Record<EvictReason, string>> = {
  lost: 'Find out what closes them: an idle timeout of the target or of a proxy (set idleTimeout below it), or a target that restarts.',
  idle: 'Raise idleTimeout, or keep connections open with min.',
  lifetime: 'Raise maxLifetime: connections are replaced more often than they are used.',
  uses: 'Raise maxUses: connections are replaced more often than they are used.',
  discarded: 'Look at why holders discard their connections (isFatal, discard, onCancel): the reason is in the events.',
  validate: 'Check that validate is right, and what makes connections fail it: the error is in the events.',
  reset: 'Check what makes reset fail: the error is in the events.',
  outlier: 'Look at why all work on a connection fails: the error is in the events.',
  resize: 'Call resize less often.',
  refresh: 'Call refresh less often.',
  destroy: 'Create one pool and keep it.',
};
