import { duration, plural } from './duration';

interface Tally {
  readonly succeeded: number;
  readonly failed: number;
  /** Sent without waiting for the answer. */
  readonly unanswered: number;
}

/** The result in a sentence. */
export function summaryOf({ succeeded, failed, unanswered }: Tally, elapsed: number): string {
  const all = succeeded + failed + unanswered;
  if (all === 0) return 'Nothing was sent.';
  const rate = elapsed > 0 ? `, ${Math.round((all * 1000) / elapsed)} per second` : '';
  const left = unanswered > 0 ? `, ${unanswered} sent without an answer` : '';
  return `${plural(all, 'line')}: ${succeeded} done, ${failed} failed${left}, in ${duration(elapsed)}${rate}.`;
}
