import { asyncScheduler, Observable } from 'rxjs';

/** A connection of a {@link ScriptedTarget}. It counts its users, which report themselves. */
export class ScriptedConnection {
  users = 0;
  /** The maximum number of concurrent users. */
  peakUsers = 0;

  constructor(
    readonly id: number,
    private readonly end: (error?: unknown) => void,
  ) {}

  /** Begins a use; call the returned function at its end. */
  enter(): () => void {
    this.users++;
    this.peakUsers = Math.max(this.peakUsers, this.users);
    let inside = true;
    return () => {
      if (inside) this.users--;
      inside = false;
    };
  }

  /** The target ends the connection: with an error, or without. */
  lose(error?: unknown): void {
    this.end(error);
  }
}

/** What the nth connect does. */
export type Step = 'open' | 'fail' | 'hang';

export interface ScriptedTarget {
  readonly connect: () => Observable<ScriptedConnection>;
  /** Every connection that ever opened. */
  readonly connections: readonly ScriptedConnection[];
  /** The number of connects, and when each began. */
  readonly dials: number;
  readonly dialTimes: readonly number[];
  readonly opened: number;
  readonly closed: number;
  /** The number of current subscriptions: opening or open. */
  readonly live: number;
  /** The maximum numbers of live and of opening connections. */
  readonly peak: number;
  readonly peakOpening: number;
}

export interface Script {
  /** Milliseconds until a connect answers; undefined: synchronously. */
  openAfter?: number;
  /** What each connect does, by its number; the default opens. */
  step?: (dial: number) => Step;
  error?: unknown;
}

/** A target that follows a script, and records what was done to it. */
export function scriptedTarget({
  openAfter,
  step = () => 'open',
  error = new Error('refused'),
}: Script = {}): ScriptedTarget {
  const connections: ScriptedConnection[] = [];
  const dialTimes: number[] = [];
  let opening = 0;
  let closed = 0;
  let live = 0;
  let peak = 0;
  let peakOpening = 0;

  const connect = (): Observable<ScriptedConnection> =>
    new Observable((subscriber) => {
      const what = step(dialTimes.length);
      let open = false;
      dialTimes.push(asyncScheduler.now());
      peakOpening = Math.max(peakOpening, ++opening);
      peak = Math.max(peak, ++live);
      subscriber.add(() => {
        live--;
        if (open) closed++;
        else opening--;
      });
      const answer = (): void => {
        if (what === 'fail') {
          subscriber.error(error);
          return;
        }
        open = true;
        opening--;
        const connection = new ScriptedConnection(connections.length, (reason) => {
          if (reason === undefined) subscriber.complete();
          else subscriber.error(reason);
        });
        connections.push(connection);
        subscriber.next(connection);
      };
      if (what === 'hang') return;
      if (openAfter === undefined) answer();
      else subscriber.add(asyncScheduler.schedule(answer, openAfter));
    });

  return {
    connect,
    connections,
    dialTimes,
    get dials() {
      return dialTimes.length;
    },
    get opened() {
      return connections.length;
    },
    get closed() {
      return closed;
    },
    get live() {
      return live;
    },
    get peak() {
      return peak;
    },
    get peakOpening() {
      return peakOpening;
    },
  };
}
