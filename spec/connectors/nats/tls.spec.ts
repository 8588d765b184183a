import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool } from '../../../src/index';
import { connectNats } from '../../../src/connectors/nats/index';
import { peer } from '../../helpers/peers';
import { natsServers } from './servers';
import { answerOf, failureOf, scene } from './support';

describe('a connection to a nats-server with TLS', () => {
  const start = natsServers(peer('nats-server'));
  const { open, serve, cleanup } = scene();
  const openssl = peer('openssl');
  let [key, cert] = ['', ''];

  const server = async (...args: readonly string[]): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), 'nats-tls-'));
    cleanup(() => rmSync(folder, { recursive: true }));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(openssl, ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' }); // prettier-ignore
    [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')];
    const { address } = await start.one('--tls', '--tlscert', certFile, '--tlskey', keyFile, ...args.map((arg) => arg.replace('CERT', certFile))); // prettier-ignore
    return address;
  };

  it('carries requests, both ways', async () => {
    const at = await server();
    const client = { tls: { ca: cert } };
    await serve(at, { echo: (value: unknown) => value }, { client });
    const pool = createPool({ connect: connectNats(at, { client }), max: 2, capacity: 10 });
    cleanup(() => pool.destroy({ timeout: 0 }));
    const large = 'x'.repeat(300_000);
    expect(await answerOf(pool.use((nats) => nats.request('spec.echo', large)))).toBe(large);
    const { connection } = await open(`tls://${at}`, { client });
    expect(await answerOf(connection.request('spec.echo', 'secret'))).toBe('secret');
  });

  it('fails with a reason when the certificate is not trusted', async () => {
    const at = await server();
    const error = await failureOf(open(at, { client: { reconnect: false } }));
    expect(error.name).toBe('NatsConnectionError');
    expect(`${error.message} ${String(error.cause)}`).toMatch(/certificate/i);
  });

  it('shows its own certificate where the server asks for one', async () => {
    const at = await server('--tlsverify', '--tlscacert=CERT');
    const { connection } = await open(at, { client: { tls: { ca: cert, cert, key } } });
    expect(await answerOf(connection.ping())).toBe(true);
    expect((await failureOf(open(at, { client: { tls: { ca: cert }, reconnect: false } }))).name).toBe('NatsConnectionError'); // prettier-ignore
  });
});
