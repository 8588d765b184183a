/** What callers, connectors and time can do to a pool. `pick` selects one of the candidates. */
export type Action =
  | { readonly do: 'acquire'; readonly timeout: number; readonly reaction?: Reaction | undefined }
  | { readonly do: 'use'; readonly work: Work; readonly timeout: number; readonly reaction?: Reaction | undefined }
  | { readonly do: 'subscribe'; readonly reaction?: Reaction | undefined }
  | { readonly do: 'watch'; readonly reaction?: Reaction | undefined }
  | { readonly do: 'warm up'; readonly count: number }
  | { readonly do: 'connect as'; readonly plan: ConnectPlan; readonly reaction?: Reaction | undefined }
  | { readonly do: 'close as'; readonly plan: EndPlan; readonly reaction?: Reaction | undefined }
  | { readonly do: 'clean as'; readonly plan: EndPlan; readonly reaction?: Reaction | undefined }
  | { readonly do: 'resize'; readonly max: number }
  | { readonly do: 'refresh' }
  | { readonly do: 'validate as' | 'reset as'; readonly plan: CheckPlan; readonly reaction?: Reaction | undefined }
  | { readonly do: 'destroy'; readonly timeout: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: AtPick; readonly pick: number }
  | { readonly do: AtSelf };

/**
 * - `leave`: unsubscribe a caller that waits, works, or is a stream;
 * - `release`, `discard`: a lease; `... again`: one that has ended already;
 * - `emit`, `finish`, `fail`, `fail fatally`: work in progress;
 * - `open`, `refuse`, `end`: a pending connect: it succeeds, fails, or completes without a connection;
 * - `open late`, `refuse late`: a promised connection that is no longer wanted;
 * - `lose`, `break`: an open connection: the target completes, or errors; `emit more`: it emits a second time;
 * - `finish close`, `fail close`, `finish clean`, `fail clean`;
 * - `finish check`, `refuse check`, `fail check`: a validation or a reset that has not answered;
 * - `unwatch`: unsubscribe from the stats.
 */
export type AtPick =
  | 'leave'
  | 'release'
  | 'discard'
  | 'release again'
  | 'discard again'
  | 'emit'
  | 'finish'
  | 'fail'
  | 'fail fatally'
  | 'open'
  | 'refuse'
  | 'end'
  | 'open late'
  | 'refuse late'
  | 'lose'
  | 'break'
  | 'emit more'
  | 'finish close'
  | 'fail close'
  | 'finish clean'
  | 'fail clean'
  | 'finish check'
  | 'refuse check'
  | 'fail check'
  | 'unwatch';

/** Only as a reaction: to the caller, the lease or the connection of the callback. */
export type AtSelf = 'leave self' | 'release self' | 'discard self' | 'lose self';

/** What is done inside a callback. `granted`: in `next` with a lease, or inside `work`. */
export interface Reaction {
  readonly at: 'granted' | 'value' | 'end' | 'called';
  readonly action: Action;
}

/** The subject of a callback, for reactions that affect it. */
export interface Self {
  readonly caller?: number;
  readonly lease?: number;
  readonly connect?: number;
}

/** Does what is planned for this moment of a callback, if anything is. */
export type React = (at: Reaction['at'], reaction: Reaction | undefined, self: Self) => void;

/** A planned outcome, and what is done before it. */
export interface Plan<P> {
  readonly plan: P;
  readonly reaction?: Reaction | undefined;
}

/** Kinds of work. `manual` and `promise` are ended by other actions, or never. */
export type Work = 'manual' | 'instant' | 'failing' | 'throwing' | 'promise' | 'resolved' | 'rejected';

/** The outcome of the next connect. `flashes`: it emits a connection and ends at once. */
export type ConnectPlan = 'manual' | 'opens' | 'fails' | 'throws' | 'ends' | 'flashes';

/** The outcome of the next `close`, or the next cleaning. `manual` ends by another action, or never. */
export type EndPlan = 'at once' | 'empty' | 'manual' | 'throws' | 'fails';

/** The outcome of the next validation, or the next reset. `resolved`: by a promise. */
export type CheckPlan = EndPlan | 'resolved' | 'says no';

/** An error for which the option `isFatal` returns true. */
export class FatalError extends Error {}

export const isMarked = (error: unknown): boolean => error instanceof FatalError;

export function told(action: Action): string {
  const { do: name, ...rest } = action;
  const parts = Object.entries(rest).map(([key, value]) =>
    key === 'reaction' && value !== undefined
      ? `${(value as Reaction).at} → ${told((value as Reaction).action)}`
      : `${key} ${String(value)}`,
  );
  return parts.length === 0 ? name : `${name}(${parts.join(', ')})`;
}
