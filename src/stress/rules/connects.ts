import { timeEpsilon } from '../../pool/time/clock';
import { messageWithKind } from '../../pool/values/describe';
import { isPoolError } from '../../pool/errors';
import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import type { Findings } from './findings';

/** Whatever the options of a pool say, no connect follows a failed one sooner (ms). */
const minPauseMs = 1;
/** So many connects in a row without that pause are no chance; and with so many there would be no end, and nobody else gets a turn. */
const hotLoop = 10;
const endlessLoop = 1_000;

/** A connection that has lived for less than this (ms), and was never lent, was a failed connect, whatever the options say. */
const minLifetimeMs = 1_000;

/** A connection until it is evicted, and whether any of this has ever happened to it. */
interface ConnectionHistory {
  lent: boolean;
  returned: boolean;
  failed: boolean;
}

/**
 * Holds what a pool does about failed connects against its contract: there is a pause after each, a life that ends before its first lease
 * is one, and nobody is turned away because of one whom an open connection could serve, or before the breaker has opened.
 */
export class ConnectRules {
  private readonly connections = new Map<number, ConnectionHistory>();
  private breaker: PoolStats['breaker'];
  /** When a connect failed, by the pool's clock: there is a pause from then on until a new connection has been lent. */
  private failedAt: number | null = null;
  /** Connections in a row that were lost at once under their first users, and when the last of them was. */
  private lostOnFirstUse = 0;
  private lostAt = 0;
  /** Connects in a row that began without the pause. */
  private withoutPause = 0;

  constructor(
    private readonly findings: Findings,
    first: PoolStats,
    private readonly abort: (why: string) => void,
  ) {
    this.breaker = first.breaker;
  }

  onSnapshot(stats: PoolStats, before: PoolStats): void {
    if (stats.openingConnections > before.openingConnections) this.started(stats.at);
  }

  onEvent(event: PoolEvent, stats: PoolStats): void {
    switch (event.type) {
      case 'opened':
        this.connections.set(event.connection, { lent: false, returned: false, failed: false });
        break;
      case 'openFailed':
        this.failed(event.connection, event.at);
        break;
      case 'breaker':
        this.breaker = event.state;
        break;
      case 'acquired':
        this.lent(event.connection);
        break;
      case 'released':
        this.givenBack(event.connection);
        break;
      case 'evicted':
        this.evicted(event);
        break;
      case 'rejected':
        this.rejected(event.error, stats);
    }
  }

  // ---------------------------------------------------------------- no hot loop

  private failed(connection: number, at: number): void {
    const history = this.connections.get(connection);
    if (history !== undefined) history.failed = true;
    // While it is open there is a pause already, which others that fail do not make longer.
    if (this.breaker !== 'open') this.failedAt = at;
  }

  private lent(connection: number): void {
    const history = this.historyOf(connection);
    if (history.lent) return;
    history.lent = true;
    this.failedAt = null;
  }

  private givenBack(connection: number): void {
    const history = this.historyOf(connection);
    if (history.returned) return;
    history.returned = true;
    this.lostOnFirstUse = 0;
  }

  /** One that opened before anybody watched may have been lent or not, and is held against nobody. */
  private historyOf(connection: number): ConnectionHistory {
    let history = this.connections.get(connection);
    if (history === undefined) {
      history = { lent: false, returned: false, failed: true };
      this.connections.set(connection, history);
    }
    return history;
  }

  private started(at: number): void {
    const since = Math.max(this.failedAt ?? -Infinity, this.lostOnFirstUse > 1 ? this.lostAt : -Infinity);
    if (at - since >= minPauseMs - timeEpsilon) {
      this.withoutPause = 0;
      return;
    }
    this.withoutPause++;
    if (this.withoutPause === hotLoop) {
      this.findings.add(
        `a hot loop: ${hotLoop} connects in a row each began less than ${minPauseMs} ms after one had failed, or was lost as soon as it was lent`,
      );
    }
    if (this.withoutPause === endlessLoop) this.abort('the pool was in a hot loop of connects');
  }

  // ---------------------------------------------------------------- what a failed connect is

  private evicted({ connection, reason, uses, age, at }: PoolEvent & { readonly type: 'evicted' }): void {
    const history = this.connections.get(connection);
    this.connections.delete(connection);
    if (history === undefined || reason !== 'lost') return;
    if (uses === 0 && age < minLifetimeMs && !history.failed) {
      // As if it had been: it may be the beginning of a hot loop.
      this.failed(connection, at);
      this.findings.add(
        `connection ${connection} ended after ${age} ms, before its first lease, and was not taken for a failed connect`,
      );
    }
    if (uses > 0 && !history.returned && age < minPauseMs && this.breaker === 'closed') {
      this.lostOnFirstUse++;
      this.lostAt = at;
    }
  }

  // ---------------------------------------------------------------- whom it concerns

  private rejected(error: unknown, { breaker, totalConnections, state }: PoolStats): void {
    const { findings } = this;
    if (isPoolError(error, 'CONNECTION_FAILED')) {
      if (breaker !== 'open') {
        findings.add(`a caller was failed by a failed connect, although the breaker was ${breaker}`);
      } else if (totalConnections > 0) {
        findings.add(`a caller was failed by a failed connect, although ${totalConnections} connections were open`);
      }
    } else if (isPoolError(error, 'INVALID_POOL')) {
      if (state === 'open') findings.add('a caller was told that the pool is destroyed, and it was open');
    } else if (!isPoolError(error, 'POOL_EXHAUSTED')) {
      findings.add(`a caller was turned away with what is no error of a pool: ${messageWithKind(error)}`);
    }
  }
}
