import type { Observable } from 'rxjs';
import type { ConnectionPool } from '../../src/index';
import { poolTest, scriptedConnector } from '../../src/testing/index';

/** Sixty requests in a second, each holding a connection for 40 ms, but every tenth for 300 ms: at a pool that is too small for them. */
export function production<T>(observe: (pool: ConnectionPool<string>) => Observable<T>): T {
  let result: T | undefined;
  poolTest(
    ({ pool, cold, at }) => {
      const busy = pool({
        name: 'busy',
        max: 2,
        acquireTimeout: 200,
        connect: scriptedConnector('5ms c', { repeat: true }),
      });
      observe(busy).subscribe((value) => (result = value));
      for (let i = 0; i < 60; i++) {
        at(10 + Math.floor((i * 1_000) / 60), () => {
          busy.use(() => cold(i % 10 === 0 ? '300ms |' : '40ms |')).subscribe({ error: () => undefined });
        });
      }
      at(3_000, () => busy.destroy());
    },
    { leaks: false },
  );
  return result!;
}
