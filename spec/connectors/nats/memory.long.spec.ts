import { connect as connectClient } from '@nats-io/transport-node';
import { lastValueFrom, range, tap } from 'rxjs';
import { batchOutcomes, createPool, withConnection } from '../../../src/index';
import { connectNats, type NatsConnection } from '../../../src/connectors/nats/index';
import { effort } from '../../helpers/effort';
import { collectGarbage } from '../../helpers/garbage';
import { peer } from '../../helpers/peers';
import { natsServers } from './servers';
import { scene } from './support';

const MB = 1024 * 1024;
const TEN_MINUTES = 600_000;

describe('the memory of a connection to NATS', () => {
  const start = natsServers(peer('nats-server'));
  const { cleanup } = scene();

  it(
    'stays the same over a million requests',
    async () => {
      const { address } = await start.one();
      const client = await connectClient({ servers: address });
      cleanup(() => client.close());
      client.subscribe('echo', { callback: (_, message) => void message.respond(message.data) });
      await client.flush();
      const pool = createPool({ connect: connectNats(address), max: 1, capacity: 100 });
      cleanup(() => pool.destroy({ timeout: 0 }));

      const send = (nats: NatsConnection, item: number) => nats.request('echo', item);
      let count = 0;
      const run = async (items: number): Promise<number> => {
        const outcomes$ = range(0, items).pipe(withConnection(pool, send), batchOutcomes({ concurrency: 100 }));
        await lastValueFrom(outcomes$.pipe(tap(() => count++)));
        collectGarbage();
        const { heapUsed, external } = process.memoryUsage();
        return heapUsed + external;
      };
      const many = effort(20_000, 1_000_000);
      await run(many / 20);
      const before = await run(many / 20);
      const after = await run((many / 20) * 18);
      expect(count).toBe(many);
      expect((after - before) / MB).toBeLessThan(4);
      expect(pool.stats.successfulOperations).toBe(many);
    },
    TEN_MINUTES,
  );
});
