import { hasErlang } from '../helpers/erlang';
import { needs } from '../helpers/peers';
import { runExample } from './run-example';

describe('The examples of Erlang nodes', () => {
  needs('erl', hasErlang);

  it('call a gen_server, in a batch too, and tell a missing process from a crash', async () => {
    const { code, stdout, stderr } = await runExample('erlang');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('One call: 5 words');
    expect(stdout).toContain('A batch of 50: 1225 words');
    expect(stdout).toContain('No process: There is no process nothing_here');
    expect(stdout).toContain('caused by the message: true');
  });

  it('run the main job against a node that is started for it', async () => {
    const { code, stdout } = await runExample('main', ['--erlang']);
    expect(code).toBe(0);
    expect(stdout).toContain('worker@127.0.0.1, a node of Erlang');
    expect(stdout).toContain('109 done, 0 failed: 1074 words');
  });
});
