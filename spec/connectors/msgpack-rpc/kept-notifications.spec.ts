import { IncomingNotifications } from '../../../src/connectors/msgpack-rpc/incoming-notifications';
import type { RefCountedKeepAlive } from '../../../src/connectors/msgpack-rpc/ref-counted-keep-alive';

describe('notifications that are kept for a consumer', () => {
  const maxBacklogBytes = 300;

  function incoming() {
    let holders = 0;
    const keepAlive = { ref: () => holders++, unref: () => holders-- } as unknown as RefCountedKeepAlive;
    const notifications = new IncomingNotifications('somewhere', maxBacklogBytes, keepAlive);
    const publish = (method: string): void => {
      notifications.publish({ method, params: [] }, 100);
    };
    return { pulled: notifications.pull(false), publish, holders: () => holders };
  }

  it('are pulled one by one, however many come before and after', async () => {
    const { pulled, publish } = incoming();
    const got: unknown[] = [];
    for (let i = 0; i < 10; i++) {
      publish(`${i}`);
      got.push((await pulled.next()).value?.method);
    }
    expect(got).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
  });

  it('end with return(), also where some had to be dropped, and keep the process alive no more', async () => {
    const { pulled, publish, holders } = incoming();
    for (let i = 0; i < 10; i++) publish(`${i}`);
    expect(holders()).toBe(1);
    await pulled.return();
    expect(await pulled.next()).toEqual({ done: true, value: undefined });
    expect(holders()).toBe(0);
  });
});
