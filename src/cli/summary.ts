import { duration, plural } from './duration';

interface Tally {
  readonly succeeded: number;
  readonly failed: number;
  /** Sent, but the answer was not waited for. */
  readonly unanswered: number;
}

/** What was done, in a sentence. */
export function summaryOf({ succeeded, failed, unanswered }: Tally, elapsed: number): string {
  const all = succeeded + failed + unanswered;
  if (all === 0) return 'Nothing was sent.';
  const rate = elapsed > 0 ? `, ${Math.round((all * 1000) / elapsed)} a second` : '';
  const left = unanswered > 0 ? `, ${unanswered} sent and not waited for` : '';
  return `${plural(all, 'line')}: ${succeeded} done, ${failed} failed${left}, in ${duration(elapsed)}${rate}.`;
}
