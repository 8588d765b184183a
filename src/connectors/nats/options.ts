import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { InvalidConfigError } from '../../pool/errors';
import { checkCodec, checkObject, checkTimeout } from '../msgpack-rpc/arguments';
import { createLiteCodec } from '../msgpack-rpc/lite-codec';
import { resolveLimits } from '../msgpack-rpc/limits';
import type { ConnectionConfig } from './client-connection';
import type { NatsLimits } from './limits';
import { readServers } from './servers';
import type { Codec } from '../msgpack-rpc/codec';

/** Options of the client itself, as `@nats-io/transport-node` has them: credentials, TLS, reconnects, pings, the inbox prefix and so on. */
export type NatsClientOptions = Omit<NodeConnectionOptions, 'servers' | 'port'>;

/** Options of `connectNats`. */
export interface ConnectNatsOptions {
  /**
   * How values become bytes. Default: MessagePack by msgpack-lite; see `createLiteCodec` of `rxjs-connection-pool/msgpack-rpc`. A codec of your own
   * may write any format, such as JSON; then only the sizes are limited.
   */
  readonly codec?: Codec;
  /** Limits for received messages, and for data that waits to be sent. */
  readonly limits?: Partial<NatsLimits>;
  /** Milliseconds until the reply to a request must have come; Infinity for none. Default 5 000. */
  readonly requestTimeout?: number;
  /**
   * Options of the client. Its defaults, except `timeout` (3 000 ms for each server) and `pingInterval` (20 000 ms). With `reconnect: false` a lost
   * connection ends at once, and the pool opens another.
   */
  readonly client?: NatsClientOptions;
}

const known = ['codec', 'limits', 'requestTimeout', 'client'];
const REQUEST_TIMEOUT = 5_000;
const clientDefaults = { timeout: 3_000, pingInterval: 20_000 };

/** The options with every default filled in. */
export interface NatsConfig<L extends NatsLimits> extends ConnectionConfig {
  readonly limits: L;
  readonly servers: readonly string[];
  readonly client: NatsClientOptions;
}

/** Fills in the defaults, or throws an `InvalidConfigError` with these issues and those that it finds. `more`: further options of the caller. */
export function resolveNats<L extends NatsLimits>(
  caller: string,
  servers: unknown,
  options: ConnectNatsOptions,
  defaults: L,
  issues: string[],
  more: readonly string[] = [],
): NatsConfig<L> {
  const list = readServers(servers, issues);
  const given = (checkObject('options', options, [...known, ...more], issues) ?? {}) as ConnectNatsOptions;
  const { codec, requestTimeout = REQUEST_TIMEOUT, client = {} } = given;
  checkCodec(codec, issues);
  checkTimeout('requestTimeout', requestTimeout, issues);
  const limits = resolveLimits<L>(given.limits as Partial<L> | undefined, defaults, issues);
  checkClient(client, issues);
  if (issues.length > 0) throw new InvalidConfigError(caller, `${caller} cannot connect with these arguments`, issues);
  const tls = list.some((server) => server.startsWith('tls://')) ? { tls: {} } : {};
  return {
    target: list.map((server) => server.replace(/^nats:\/\//, '')).join(','),
    codec: codec ?? createLiteCodec(),
    limits,
    requestTimeout,
    inboxPrefix: client.inboxPrefix,
    servers: list,
    client: { ...clientDefaults, ...tls, ...client },
  };
}

function checkClient(client: unknown, issues: string[]): void {
  const given = checkObject('client', client, undefined, issues);
  for (const name of ['servers', 'port']) {
    if (given !== undefined && name in given)
      issues.push(`client.${name} cannot be given: the servers are the first argument`);
  }
}
