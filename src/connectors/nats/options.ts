import { InvalidConfigError } from '../../pool/errors';
import { printable } from '../../pool/values/printable';
import { describeValue } from '../../pool/values/describe';
import { checkCodec, checkObject, checkTimeout } from '../msgpack-rpc/arguments';
import { createLiteCodec } from '../msgpack-rpc/lite-codec';
import { resolveLimits } from '../msgpack-rpc/limits';
import { shownTarget } from '../msgpack-rpc/target';
import type { ConnectionConfig } from './client-connection';
import type { ConnectNatsOptions, NatsClientOptions } from './connect-nats';
import type { NatsLimits } from './limits';

const known = ['codec', 'limits', 'requestTimeout', 'client'];
const REQUEST_TIMEOUT = 5_000;
const clientDefaults = { timeout: 5_000, pingInterval: 20_000 };

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

function readServers(servers: unknown, issues: string[]): string[] {
  const list: readonly unknown[] = Array.isArray(servers) ? servers : [servers];
  if (list.length === 0) issues.push('servers must name at least one server, but got []');
  for (const server of list) {
    const problem = typeof server === 'string' ? problemOf(server) : 'it is no text';
    if (problem === undefined) continue;
    const text = typeof server === 'string' ? `'${shownTarget(server)}'` : describeValue(server);
    issues.push(
      `server ${printable(text)} cannot be: ${problem}. Give 'host:port', 'nats://host:port' or 'tls://host:port'`,
    );
  }
  return list as string[];
}

/** What is wrong with the address of a server. */
export function problemOf(server: string): string | undefined {
  const [, scheme = 'nats', rest = ''] = /^(?:([a-z][\w+.-]*):\/\/)?(.*)$/is.exec(server) ?? [];
  if (scheme !== 'nats' && scheme !== 'tls') return `'${scheme}' is no scheme of a server`;
  if (rest.includes('@')) {
    return 'the client ignores a user in an address: give client: { user, pass }, { token } or { authenticator } instead';
  }
  const [, host = '', port] = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?$/i.exec(rest) ?? [];
  if (host === '') return rest === '' ? 'the host is missing' : `'${shownTarget(rest)}' is no host with a port`;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    return `the port must be 1 to 65535, got ${port}`;
  return undefined;
}
