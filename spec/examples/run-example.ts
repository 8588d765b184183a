import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundle } from '../helpers/bundle';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an example as its reader would, to its end. */
export async function runExample(
  name: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Ran> {
  const program = await bundle(fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url)));
  const command = ['--enable-source-maps', program, ...args];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, command, { env: { ...process.env, ...env } }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}
