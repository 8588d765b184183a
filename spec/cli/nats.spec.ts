import { builtinMethods } from '../../src/connectors/msgpack-rpc/index';
import { natsServers } from '../connectors/nats/servers';
import { scene } from '../connectors/nats/support';
import { peer } from '../helpers/peers';
import { parsed, run } from './fake-io';

describe('send to NATS', () => {
  const start = natsServers(peer('nats-server'));
  const { serve } = scene();

  it('makes a request of each line, over one connection', async () => {
    const { address } = await start.one();
    await serve(address, builtinMethods, {}, 'words');
    const target = `nats://${address}`;
    const counted = await run(
      ['send', '--target', target, '--method', 'words.word_count', '--ordered'],
      'to be\nor not to be\n',
    );
    expect(counted.stdout).toBe('2\n4\n');
    expect(counted.code).toBe(0);

    const failed = await run(['send', '--target', target, '--method', 'words.nothing', '--json'], 'a\n');
    expect(failed.code).toBe(1);
    expect(parsed(failed.stdout)).toEqual([
      jasmine.objectContaining({
        status: 'failed',
        error: jasmine.objectContaining({ code: 'NATS_NO_RESPONDERS' }),
      }),
    ]);
  });

  it('says which servers it cannot reach', async () => {
    const server = await start.one();
    await server.kill();
    const result = await run(['send', '--target', `nats://${server.address}`, '--method', 'a.b'], 'a\n');
    expect(result.code).toBe(3);
    expect(result.stderr).toContain(`Could not connect to ${server.address}`);
  });

  it('names every wrong server, and shows no password', async () => {
    const result = await run(['send', '--target', 'nats://a:b:c,nats://me:secret@host', '--method', 'a.b'], 'a\n');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("'a:b:c' is not a host with a port");
    expect(result.stderr).toContain('the client ignores a user in an address');
    expect(result.stderr).not.toContain('secret');
  });
});
