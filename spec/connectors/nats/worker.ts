/**
 * A worker of `cluster.slow.spec.ts`, in a process of its own: `worker.mjs SERVERS FILE`. Answers `batch.double` with twice the number, and writes
 * each number down before it begins to work on it, where a kill cannot undo it.
 */
import { appendFileSync } from 'node:fs';
import { map, timer } from 'rxjs';
import { serveNats } from '../../../src/connectors/nats/index';

const [servers = '', file = ''] = process.argv.slice(2);
await serveNats(
  'batch',
  {
    double: (item: number) => {
      appendFileSync(file, `${item}\n`);
      return timer(2).pipe(map(() => 2 * item));
    },
  },
  { servers: servers.split(','), client: { reconnectTimeWait: 50, noRandomize: true } },
);
console.log('ready');
