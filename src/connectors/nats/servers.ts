import { describeValue } from '../../pool/values/describe';
import { printable } from '../../pool/values/printable';
import { shownTarget } from '../msgpack-rpc/target';

/** The addresses of servers; what is wrong with one goes to `issues`. */
export function readServers(servers: unknown, issues: string[]): string[] {
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
function problemOf(server: string): string | undefined {
  const [, scheme = 'nats', rest = ''] = /^(?:([a-z][\w+.-]*):\/\/)?(.*)$/is.exec(server) ?? [];
  if (scheme !== 'nats' && scheme !== 'tls') return `'${scheme}' is no scheme of a server`;
  if (rest.includes('@')) {
    return 'the client ignores a user in an address: give client: { user, pass }, { token } or { authenticator } instead';
  }
  const [, host = '', port] = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?$/i.exec(rest) ?? [];
  if (host === '') return rest === '' ? 'the host is missing' : `'${shownTarget(rest)}' is not a host with a port`;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    return `the port must be 1 to 65535, got ${port}`;
  return undefined;
}
