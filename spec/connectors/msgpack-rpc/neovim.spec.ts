import { forkJoin } from 'rxjs';
import { Ext, RpcError } from '../../../src/connectors/msgpack-rpc/index';
import { peer } from '../../helpers/peers';
import { codecs } from './codecs';
import { neovims } from './nvim';
import { answerOf, after, failureOf, scene } from './support';

for (const name of ['msgpack-lite', 'msgpackr'] as const) {
  describe(`a real neovim, spoken to by ${name}`, () => {
    const start = neovims(peer('nvim'));
    const { open: openWith } = scene();
    const open: typeof openWith = (target, options) => openWith(target, { codec: codecs[name]!(), ...options });

    it('answers calls', async () => {
      const { target } = await start();
      const { connection } = await open(target);
      expect(await answerOf(connection.call('nvim_eval', '6 * 7'))).toBe(42);
      expect(await answerOf(connection.call('nvim_eval', '2 / 3.0'))).toBeCloseTo(2 / 3);
      const [channel, info] = (await answerOf(connection.call('nvim_get_api_info'))) as [number, any];
      expect(channel).toBeGreaterThan(0);
      expect(info.functions.length).toBeGreaterThan(100);
    });

    it('brings nested and Unicode values there and back', async () => {
      const { target } = await start();
      const { connection } = await open(target);
      const value = {
        text: 'žluťoučký 🐎 日本語',
        list: [1, [2, [3, { four: 4.5 }]], '', true, null],
        big: 2 ** 52,
        empty: {},
      };
      await answerOf(connection.call('nvim_set_var', 'value', value));
      expect(await answerOf(connection.call('nvim_get_var', 'value'))).toEqual(value);
      const lines = Array.from({ length: 5000 }, (_, i) => `řádek ${i} ${'x'.repeat(1000)}`);
      await answerOf(connection.call('nvim_buf_set_lines', 0, 0, -1, true, lines));
      expect(await answerOf(connection.call('nvim_buf_get_lines', 0, 0, -1, true))).toEqual(lines);
    });

    it('keeps integers of 64 bits exact', async () => {
      const { target } = await start();
      const { connection } = await open(target);
      expect(await answerOf(connection.call('nvim_eval', '9223372036854775807'))).toBe(2n ** 63n - 1n);
      await answerOf(connection.call('nvim_set_var', 'n', -(2n ** 62n) - 1n));
      expect(await answerOf(connection.call('nvim_get_var', 'n'))).toBe(-(2n ** 62n) - 1n);
      expect(await answerOf(connection.call('nvim_eval', 'type(g:n) == v:t_number'))).toBe(1);
      await answerOf(connection.call('nvim_set_var', 'n', 2 ** 40));
      expect(await answerOf(connection.call('nvim_eval', 'type(g:n) == v:t_number'))).toBe(1);
    });

    it('takes its own handles back', async () => {
      const { target } = await start();
      const { connection } = await open(target);
      const buffer = await answerOf(connection.call('nvim_get_current_buf'));
      expect(buffer).toBeInstanceOf(Ext);
      expect(await answerOf(connection.call('nvim_buf_is_valid', buffer))).toBeTrue();
      expect(await answerOf(connection.call('nvim_buf_line_count', buffer))).toBe(1);
    });

    it('fails with errors of its own', async () => {
      const { target } = await start();
      const { connection } = await open(target);
      const error: RpcError = await failureOf(connection.call('nvim_command', 'nonsense'));
      expect(error).toBeInstanceOf(RpcError);
      expect(error.message).toContain('E492');
      expect(error.remoteCode).toBe(0);
      expect((await failureOf(connection.call('no_such_method'))).message).toContain('no_such_method');
      expect(await answerOf(connection.call('nvim_eval', '1'))).toBe(1);
    });

    it('answers 1,000 calls pipelined on one connection', async () => {
      const { target } = await start();
      const { connection } = await open(target);
      const calls = Array.from({ length: 1000 }, (_, i) => connection.call('nvim_eval', `${i} * 2`));
      expect(await answerOf(forkJoin(calls))).toEqual(Array.from({ length: 1000 }, (_, i) => i * 2));
    });

    it('asks us, is answered or refused, and waits for neither', async () => {
      const { target } = await start();
      const { connection } = await open(target, {
        handlers: { greet: (name: string, map: object) => ({ greeting: `ahoj ${name}`, map }) },
      });
      const [channel] = (await answerOf(connection.call('nvim_get_api_info'))) as [number];
      const asked = await answerOf(
        connection.call('nvim_eval', `rpcrequest(${channel}, 'greet', 'Žofie', {'a': [1]})`),
      );
      expect(asked).toEqual({ greeting: 'ahoj Žofie', map: { a: [1] } });
      const refused = await failureOf(connection.call('nvim_eval', `rpcrequest(${channel}, 'unknown')`));
      expect(refused.message).toContain("there is no method 'unknown' here");
      expect(await answerOf(connection.call('nvim_eval', '1'))).toBe(1);
    });

    it('notifies us', async () => {
      const { target } = await start();
      const { connection } = await open(target);
      const [channel] = (await answerOf(connection.call('nvim_get_api_info'))) as [number];
      const news = answerOf(connection.notifications$);
      await answerOf(connection.notify('nvim_command', `call rpcnotify(${channel}, 'news', 'zpráva', 1)`));
      expect(await news).toEqual({ method: 'news', params: ['zpráva', 1] });
    });

    it('fails its calls when it crashes, and completes when it quits', async () => {
      const dying = await start();
      const first = await open(dying.target);
      const failure = failureOf(first.connection.call('nvim_exec_lua', 'vim.wait(60000)', []));
      await after(50);
      void dying.kill();
      expect((await failure).name).toBe('RpcConnectionError');
      await first.ended;

      const quitting = await start();
      const second = await open(quitting.target);
      second.connection.notify('nvim_command', 'qall!').subscribe();
      expect(await second.ended).toBe('complete');
    });
  });
}
