import { timeEpsilon } from '../../pool/time/clock';
import { messageWithKind } from '../../pool/values/describe';
import { isPoolError } from '../../pool/errors';
import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import type { Findings } from './findings';

/** In ms: the shortest pause after a failed connect, with any options. */
const minPauseMs = 1;
/** Consecutive connects without that pause that are reported; and how many end the load, because the loop would never end. */
const hotLoop = 10;
const endlessLoop = 1_000;

/** In ms: a connection that is lost earlier than this, and was never lent, counts as a failed connect with any options. */
const minLifetimeMs = 1_000;

/** What has happened to a connection that is not evicted. */
interface ConnectionHistory {
  lent: boolean;
  returned: boolean;
  failed: boolean;
}

/**
 * Checks how a pool handles failed connects: there is a pause after each; a connection lost before its first lease counts as one; and no caller
 * is rejected for one while a connection is open, or before the breaker has opened.
 */
export class ConnectRules {
  private readonly connections = new Map<number, ConnectionHistory>();
  private breaker: PoolStats['breaker'];
  /** When a connect failed, by the pool's clock. The pause applies until a new connection has been lent. */
  private failedAt: number | null = null;
  /** Consecutive connections that were lost at once during their first lease, and when the last one was lost. */
  private lostOnFirstUse = 0;
  private lostAt = 0;
  /** Consecutive connects that began without the pause. */
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
        this.returned(event.connection);
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
    // An open breaker has its own pause, which more failures do not extend.
    if (this.breaker !== 'open') this.failedAt = at;
  }

  private lent(connection: number): void {
    const history = this.historyOf(connection);
    if (history.lent) return;
    history.lent = true;
    this.failedAt = null;
  }

  private returned(connection: number): void {
    const history = this.historyOf(connection);
    if (history.returned) return;
    history.returned = true;
    this.lostOnFirstUse = 0;
  }

  /** A connection that opened before the events were observed may have been lent or not: it breaks no rule. */
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
      // Counted as failed here: it may be the beginning of a hot loop.
      this.failed(connection, at);
      this.findings.add(
        `connection ${connection} was lost after ${age} ms, before its first lease, but did not count as a failed connect`,
      );
    }
    if (uses > 0 && !history.returned && age < minPauseMs && this.breaker === 'closed') {
      this.lostOnFirstUse++;
      this.lostAt = at;
    }
  }

  // ---------------------------------------------------------------- rejected callers

  private rejected(error: unknown, { breaker, totalConnections, state }: PoolStats): void {
    const { findings } = this;
    if (isPoolError(error, 'CONNECTION_FAILED')) {
      if (breaker !== 'open') {
        findings.add(`a caller was rejected for a failed connect, although the breaker was ${breaker}`);
      } else if (totalConnections > 0) {
        findings.add(`a caller was rejected for a failed connect, although ${totalConnections} connections were open`);
      }
    } else if (isPoolError(error, 'INVALID_POOL')) {
      if (state === 'open') findings.add('a caller was rejected because the pool is destroyed, although it was open');
    } else if (!isPoolError(error, 'POOL_EXHAUSTED')) {
      findings.add(`a caller was rejected with a value that is no error of a pool: ${messageWithKind(error)}`);
    }
  }
}
