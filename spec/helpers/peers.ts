import { spawnSync } from 'node:child_process';

/**
 * Inside a `describe`: its specs need a program that is not ours. Where it is not installed they are reported as pending, by
 * name; with REQUIRE_PEERS=1 in the environment they fail instead, so that a build that promises them cannot skip them.
 *
 * @returns the name of the program, to be spawned
 */
export function peer(program: string): string {
  let installed: boolean | undefined;
  beforeEach(() => {
    installed ??= spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
    if (installed) return;
    const reason = `${program} is not installed`;
    if (process.env['REQUIRE_PEERS'] === '1') throw new Error(`${reason}, and REQUIRE_PEERS is 1`);
    pending(reason);
  });
  return program;
}
