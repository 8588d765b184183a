import { asyncScheduler, concat, NEVER, Observable, of } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { RunHelpers } from 'rxjs/testing';
import type { PoolErrorCode, PoolStats } from '../../src/index';

type Cold = ReturnType<RunHelpers['cold']>;
export type Subscriptions = Cold['subscriptions'];

/** A target whose connections are described by marbles. */
export interface MarbleTarget {
  /** The nth connect uses the nth marble string. A connect without one fails the spec. */
  readonly connect: () => Observable<string>;
  /** When each connector Observable was subscribed and unsubscribed: the connect, and the close. */
  readonly lives: readonly { readonly subscriptions: Subscriptions }[];
  /** The number of connects. */
  readonly dials: number;
}

export interface Run extends RunHelpers {
  /**
   * `--a` opens after two frames, `--a---|` and `--a---#` are lost after six, `--#` fails, `-` does not answer; an Observable
   * is used as it is. Connections are strings.
   */
  target(...lives: (string | Observable<string>)[]): MarbleTarget;
  /** Runs code in that frame. */
  at(frame: number, action: () => void): void;
}

/** Runs a marble spec in virtual time. */
export function marbles(spec: (run: Run) => void): void {
  const scheduler = new TestScheduler((actual, expected) => {
    expect(plain(actual)).toEqual(plain(expected));
  });
  scheduler.run((helpers) => {
    spec({
      ...helpers,
      target: (...lives) => marbleTarget(helpers, lives),
      at: (frame, action) => {
        asyncScheduler.schedule(action, frame);
      },
    });
  });
}

/** Subscription logs as plain objects: our own ones are no instances of the class that RxJS keeps private. */
function plain(logs: unknown): unknown {
  return Array.isArray(logs) ? logs.map((log: unknown) => ({ ...(log as object) })) : logs;
}

function marbleTarget({ cold }: RunHelpers, scripted: (string | Observable<string>)[]): MarbleTarget {
  const lives = scripted.map((life) => logged<string>(typeof life === 'string' ? cold(life, undefined, dead) : life));
  let dials = 0;
  return {
    connect: () => {
      const life = lives[dials++];
      if (life !== undefined) return life;
      fail(`connect ${dials} was not expected`);
      return NEVER;
    },
    lives,
    get dials() {
      return dials;
    },
  };
}

function logged<T>(source: Observable<T>): Observable<T> & { subscriptions: Subscriptions } {
  const subscriptions: Subscriptions = [];
  const life = new Observable<T>((subscriber) => {
    const log = { subscribedFrame: asyncScheduler.now(), unsubscribedFrame: Infinity };
    subscriptions.push(log);
    subscriber.add(() => {
      log.unsubscribedFrame = asyncScheduler.now();
    });
    source.subscribe(subscriber);
  });
  return Object.assign(life, { subscriptions });
}

/** The error of a marble string that ends with `#`. */
export const dead = new Error('the target is down');

/** A connection that opens synchronously, and stays open. */
export function opensAtOnce<C>(connection: C): Observable<C> {
  return concat(of(connection), NEVER);
}

/** Matches an error of the pool with this code, and with these properties. */
export function poolError(code: PoolErrorCode, properties: Record<string, unknown> = {}): unknown {
  return jasmine.objectContaining({ code, ...properties });
}

/** No lease is held, no caller waits, and the counts are balanced. */
export function expectNothingHeld(pool: { readonly stats: PoolStats }): void {
  const { activeLeases, pendingAcquires, inUseConnections, acquired, released, discarded } = pool.stats;
  expect({ activeLeases, pendingAcquires, inUseConnections }).toEqual({
    activeLeases: 0,
    pendingAcquires: 0,
    inUseConnections: 0,
  });
  expect(released + discarded).toBe(acquired);
}
