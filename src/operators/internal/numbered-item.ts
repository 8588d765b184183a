import { describeValue } from '../../pool/values/describe';

/** An item and its place: a `BatchFailure`, a `BatchOutcome`, or what one likes. */
export interface NumberedItem<T = unknown> {
  /** The item's place, from 0, which its task keeps. */
  readonly index: number;
  /** What `work` gets. */
  readonly item: T;
}

export function isNumbered(value: unknown): value is NumberedItem {
  return Number.isInteger((value as NumberedItem | null | undefined)?.index);
}

export function notNumberedError(value: unknown): TypeError {
  return new TypeError(
    `retryFailed works on what failed, each with an item and an index, but got ${describeValue(value)}: ` +
      'write from(result.failed).pipe(retryFailed(pool, work)). For bare items there is withConnection(pool, work).',
  );
}
