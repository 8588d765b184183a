import type { BatchResult } from '../../src/index';

type Settled = { readonly value: number } | { readonly reason: unknown };

/** The outcome of both libraries in one form. */
export function outcomeOf(result: readonly Settled[] | BatchResult<number | undefined>): {
  readonly values: number[];
  readonly errors: string[];
} {
  if ('successful' in result) {
    return { values: [...result.successful] as number[], errors: result.failed.map(({ error }) => String(error)) };
  }
  return {
    values: result.flatMap((settled) => ('value' in settled ? [settled.value] : [])),
    errors: result.flatMap((settled) => ('reason' in settled ? [String(settled.reason)] : [])),
  };
}
