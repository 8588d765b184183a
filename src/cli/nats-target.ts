import { defer, map, switchMap, type Observable } from 'rxjs';
import type { NatsClientOptions, NatsConnection } from '../connectors/nats/index';
import { readServers } from '../connectors/nats/servers';
import { InvalidConfigError } from '../pool/errors';
import type { Callable, TargetKind } from './target-kind';

/**
 * `nats://HOST:PORT,HOST:PORT`: the method is the subject. One connection carries many requests at once. Credentials come from the
 * environment, by the names that the `nats` command uses, so that no list of processes shows them.
 */
export const natsTargets: TargetKind = {
  pattern: /^(nats|tls):\/\//,
  max: 1,
  pipeline: 100,
  connect(target) {
    const issues: string[] = [];
    const servers = readServers(target.split(','), issues);
    if (issues.length > 0) throw new InvalidConfigError('send', 'The target cannot be', issues);
    return () => defer(() => open(servers, process.env)).pipe(map(callable));
  },
};

const callable = (connection: NatsConnection): Callable => ({
  // The command has a time limit of its own, for those that want one.
  call: (subject, ...params) =>
    connection.request(subject, params.length > 1 ? params : params[0], { timeout: Infinity }),
});

/** The package of NATS is loaded by the first target that needs it. */
function open(servers: readonly string[], env: NodeJS.ProcessEnv): Observable<NatsConnection> {
  const connect = async (): Promise<() => Observable<NatsConnection>> => {
    try {
      const { connectNats } = await import('../connectors/nats/index');
      return connectNats(servers, { client: await credentialsIn(env) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
      throw new Error('nats:// needs a package that is not installed: npm install @nats-io/transport-node', {
        cause: error,
      });
    }
  };
  return defer(connect).pipe(switchMap((opened) => opened()));
}

async function credentialsIn({
  NATS_USER: user,
  NATS_PASSWORD: pass,
  NATS_TOKEN: token,
  NATS_CREDS: file,
}: NodeJS.ProcessEnv): Promise<NatsClientOptions> {
  if (file !== undefined && file !== '') {
    const { readFile } = await import('node:fs/promises');
    const { credsAuthenticator } = await import('@nats-io/transport-node');
    return { authenticator: credsAuthenticator(await readFile(file)) };
  }
  if (token !== undefined && token !== '') return { token };
  if (user !== undefined && user !== '') return { user, pass: pass ?? '' };
  return {};
}
