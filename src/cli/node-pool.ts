import type { ConnectionPool } from '../pool/connection-pool';
import { createPool } from '../pool/create-pool';
import { isPoolError } from '../pool/errors';
import { shownTarget } from '../connectors/msgpack-rpc/target';
import { messageOf } from './outcome';
import type { SendArguments } from './send-arguments';
import type { Callable } from './target-kind';
import { connectTo } from './targets';

/** In ms: how long the first connection may take with a node that does not respond. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Allows five failed connects within half a second to one second: long enough for a node that the previous line of a script has started, short
 * enough for interactive use.
 */
const retryDelay = { initial: 100, max: 400 };
const fromHalfUp = () => (1 + Math.random()) / 2;

export function createNodePool({ target, settings, max, pipeline }: SendArguments): ConnectionPool<Callable> {
  return createPool({
    name: shownTarget(target),
    connect: connectTo(target, settings),
    max,
    capacity: pipeline,
    acquireTimeout: CONNECT_TIMEOUT_MS,
    retryDelay,
    random: fromHalfUp,
  });
}

/** Why there is no connection: the error of the connect itself, which says more than the pool's error around it. */
export function noConnection(error: unknown): string {
  const cause = isPoolError(error, 'CONNECTION_FAILED') ? error.cause : undefined;
  return messageOf(cause ?? error);
}
