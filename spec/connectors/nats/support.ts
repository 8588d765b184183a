import { connectNats, serveNats } from '../../../src/connectors/nats/index';
import type {
  ConnectNatsOptions,
  NatsConnection,
  NatsMethods,
  NatsService,
  ServeNatsOptions,
} from '../../../src/connectors/nats/index';

export { answerOf, failureOf } from '../msgpack-rpc/support';

export interface OpenNats {
  readonly connection: NatsConnection;
  /** What its life ended with: 'complete', or the error. */
  readonly ended: Promise<unknown>;
  close(): void;
}

/** What a spec opens, closed behind it. Called inside a `describe`. */
export function scene() {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  const cleanup = (run: () => unknown): void => void cleanups.push(run);

  const open = (servers: string | string[], options?: ConnectNatsOptions): Promise<OpenNats> =>
    new Promise((resolve, reject) => {
      let end: (how: unknown) => void;
      const ended = new Promise<unknown>((done) => (end = done));
      const subscription = connectNats(servers, options)().subscribe({
        next: (connection) => resolve({ connection, ended, close: () => subscription.unsubscribe() }),
        error: (error: unknown) => {
          reject(error);
          end(error);
        },
        complete: () => end('complete'),
      });
      cleanup(() => subscription.unsubscribe());
    });

  const serve = async (
    servers: string | string[],
    methods: NatsMethods,
    options?: ServeNatsOptions,
    subject = 'spec',
  ): Promise<NatsService> => {
    const service = await serveNats(subject, methods, { servers, closeTimeout: 100, ...options });
    cleanup(() => service.close());
    return service;
  };

  return { cleanup, open, serve };
}
