import { spawnSync } from 'node:child_process';

/**
 * Call it inside a `describe` whose specs need an external program. If it is not installed they are reported as pending, by
 * name; with REQUIRE_PEERS=1 in the environment they fail instead, so that a build that promises them cannot skip them.
 */
export function needs(name: string, isInstalled: () => boolean): void {
  beforeEach(() => {
    if (isInstalled()) return;
    const reason = `${name} is not installed`;
    if (process.env['REQUIRE_PEERS'] === '1') throw new Error(`${reason}, and REQUIRE_PEERS is 1`);
    pending(reason);
  });
}

/**
 * Call it inside a `describe` whose specs need a program that is found by its name.
 *
 * @returns the name of the program, to be spawned
 */
export function peer(program: string): string {
  let installed: boolean | undefined;
  needs(program, () => (installed ??= spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined));
  return program;
}
