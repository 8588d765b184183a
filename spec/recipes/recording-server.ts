import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startServer } from '../helpers/server-process';
import type { ServerProcess } from '../helpers/server-process';

/** A server of Node in a process of its own, which writes into a file what it does. */
export interface RecordingServer extends ServerProcess {
  readonly port: number;
  /** The items that it has done, one entry for each time. */
  recorded(): number[];
  /** What it has written beside that. */
  remarks(): string[];
  forget(): void;
}

/** Call it inside a `describe`: starts a program of this folder for its specs. */
export function recordingServer(program: string): () => RecordingServer {
  let server: RecordingServer | undefined;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recipe-'));
    const file = join(folder, 'done');
    writeFileSync(file, '');
    const port = await freePort();
    const started = await startServer({
      program: process.execPath,
      args: [fileURLToPath(new URL(program, import.meta.url)), String(port), file],
      cwd: folder,
      ready: /listening/,
    });
    const lines = (): string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean);
    server = {
      ...started,
      port,
      recorded: () =>
        lines()
          .filter((line) => /^\d+$/.test(line))
          .map(Number),
      remarks: () => lines().filter((line) => !/^\d+$/.test(line)),
      forget: () => writeFileSync(file, ''),
      async stop() {
        await started.stop();
        rmSync(folder, { recursive: true });
      },
    };
  });
  afterAll(() => server?.stop());
  return () => server!;
}
