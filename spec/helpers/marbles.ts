import { concat, NEVER, of } from 'rxjs';
import type { Observable } from 'rxjs';
import { poolTest, scriptedConnector } from '../../src/testing/index';
import type { PoolTestHelpers, Subscriptions } from '../../src/testing/index';
import type { PoolErrorCode, PoolStats } from '../../src/index';

export type { Subscriptions } from '../../src/testing/index';

/** A target whose connections are described by marbles. */
export interface MarbleTarget {
  /** The nth connect uses the nth marble string. A connect without one fails the spec. */
  readonly connect: () => Observable<string>;
  /** When each connector Observable was subscribed and unsubscribed: the connect, and the close. */
  readonly lives: readonly { readonly subscriptions: Subscriptions }[];
  /** The number of connects. */
  readonly dials: number;
}

export interface Run extends Omit<PoolTestHelpers, 'at'> {
  /** Runs code after this number of frames. */
  at(frames: number, action: () => void): void;
  /**
   * `--a` opens after two frames, `--a---|` and `--a---#` are lost after six, `--#` fails, `-` does not answer; an Observable
   * is used as it is. Connections are strings.
   */
  target(...lives: (string | Observable<string>)[]): MarbleTarget;
}

/** Runs a marble spec in virtual time, until no timer is left. It may end while leases are held. */
export function marbles(spec: (run: Run) => void): void {
  poolTest(
    (helpers) => {
      const at = (frame: number, action: () => void): void => void helpers.scheduler.schedule(action, frame);
      spec({ ...helpers, at, target: marbleTarget });
    },
    { leaks: false, until: Infinity },
  );
}

function marbleTarget(...scripted: readonly (string | Observable<string>)[]): MarbleTarget {
  const lives = scripted.map((life) => scriptedConnector(life, { error: dead }));
  let dials = 0;
  return {
    connect: () => {
      const life = lives[dials++];
      if (life !== undefined) return life();
      fail(`connect ${dials} was not expected`);
      return NEVER;
    },
    lives,
    get dials() {
      return dials;
    },
  };
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
