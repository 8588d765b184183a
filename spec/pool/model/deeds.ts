/** What callers, connectors and time can do to a pool. `pick` says to which of those it could be done to. */
export type Deed =
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
 * - `emit`, `finish`, `fail`, `fail fatally`: work that is under way;
 * - `open`, `refuse`, `end`: a connect that is awaited: it succeeds, fails, or completes without a connection;
 * - `open late`, `refuse late`: a promised connection that nobody waits for any more;
 * - `lose`, `break`: an open connection: the other side completes, or errors; `emit more`: it emits a second time;
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

/** Only as a reaction: to the caller, the lease or the connection that the callback is about. */
export type AtSelf = 'leave self' | 'release self' | 'discard self' | 'lose self';

/** What is done from inside a callback. `granted`: in `next` with a lease, or inside `work`. */
export interface Reaction {
  readonly at: 'granted' | 'value' | 'end' | 'called';
  readonly deed: Deed;
}

/** What a callback is about, for reactions that concern just that. */
export interface Self {
  readonly caller?: number;
  readonly lease?: number;
  readonly connect?: number;
}

/** Does what is to be done at this moment of a callback, if anything is. */
export type React = (at: Reaction['at'], reaction: Reaction | undefined, self: Self) => void;

/** How something is to go, and what is to be done while it goes. */
export interface Plan<P> {
  readonly plan: P;
  readonly reaction?: Reaction | undefined;
}

/** Kinds of work. `manual` and `promise` are ended by other deeds, or never. */
export type Work = 'manual' | 'instant' | 'failing' | 'throwing' | 'promise' | 'resolved' | 'rejected';

/** How the next connect goes. `flashes`: it emits a connection and ends at once. */
export type ConnectPlan = 'manual' | 'opens' | 'fails' | 'throws' | 'ends' | 'flashes';

/** How the next `close`, or the next cleaning, goes. `manual` ends by another deed, or never. */
export type EndPlan = 'at once' | 'empty' | 'manual' | 'throws' | 'fails';

/** How the next validation, or the next reset, goes. `resolved`: by a promise. */
export type CheckPlan = EndPlan | 'resolved' | 'says no';

/** An error for which the option `isFatal` says yes. */
export class FatalError extends Error {}

export const isMarked = (error: unknown): boolean => error instanceof FatalError;

export function told(deed: Deed): string {
  const { do: name, ...rest } = deed;
  const parts = Object.entries(rest).map(([key, value]) =>
    key === 'reaction' && value !== undefined
      ? `${(value as Reaction).at} → ${told((value as Reaction).deed)}`
      : `${key} ${String(value)}`,
  );
  return parts.length === 0 ? name : `${name}(${parts.join(', ')})`;
}
