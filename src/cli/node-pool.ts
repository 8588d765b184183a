import type { ConnectionPool } from '../pool/connection-pool';
import { createPool } from '../pool/create-pool';
import { isPoolError } from '../pool/errors';
import { shownTarget } from '../connectors/msgpack-rpc/target';
import { messageOf } from './outcome';
import type { SendArguments } from './send-arguments';
import { connectTo, type Callable } from './targets';

/** In ms: how long a node that says nothing at all may leave us waiting for the first connection. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Five connects that fail, half a second to one second from the first to the last: long enough for a node that was started by the
 * line before in a script, short enough for people.
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

/** Why there is no connection: what the connect itself failed with says more to people than what the pool makes of it. */
export function noConnection(error: unknown): string {
  const cause = isPoolError(error, 'CONNECTION_FAILED') ? error.cause : undefined;
  return messageOf(cause ?? error);
}
