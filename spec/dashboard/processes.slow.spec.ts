import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { concat, NEVER, of } from 'rxjs';
import { dashboard } from '../../src/dashboard/index';
import { createPool } from '../../src/index';
import { bundle } from '../helpers/bundle';
import { effort, isWhole } from '../helpers/effort';

describe('a process with a dashboard', () => {
  // The process builds the page, which takes seconds.
  if (isWhole)
    it('may end while a page is open', async () => {
      const child = spawn(process.execPath, [
        await bundle(fileURLToPath(new URL('process-child.ts', import.meta.url))),
      ]);
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      while (!said.includes('\n')) await once(child.stdout, 'data');
      const response = await fetch(`${said.split('\n')[0]}frames`);
      const reading = response.text().catch(() => 'cut');
      const [code] = (await once(child, 'exit')) as [number];
      expect(code).toBe(0);
      expect(said).toContain('done');
      await reading;
    });

  it('bears a thousand clients that never read: their memory is bounded, and one that reads is served', async () => {
    const pool = createPool({ name: 'db', max: 2, connect: () => concat(of('c'), NEVER) });
    const board = dashboard(pool, { period: 100, maxClients: 50 });
    const { url } = await board.listen();
    const port = Number(new URL(url).port);
    const sockets: Socket[] = [];
    /** Half of them ask for the stream and never read it; the others connect and say nothing. */
    const come = async (count: number): Promise<void> => {
      const connected = Array.from({ length: count }, async (_, i) => {
        const socket = connect(port, '127.0.0.1');
        sockets.push(socket);
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.pause();
        if (i % 2 === 0) socket.write('GET /frames HTTP/1.1\r\nHost: localhost\r\n\r\n');
      });
      await Promise.all(connected);
    };
    const statusOf = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const asked = get(url + path, { agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode!);
          asked.destroy();
        });
        asked.on('error', reject);
      });
    // One that reads, and was there first.
    let ticks = 0;
    const reading = get(`${url}frames`, { agent: false }, (response) => {
      response.on('data', (chunk: Buffer) => (ticks += chunk.toString().split('event: ').length - 1));
    }).on('error', () => undefined);
    const serveAll = async (): Promise<void> => {
      for (const path of ['', 'app.js', 'snapshot'])
        expect(await statusOf(path))
          .withContext(path)
          .toBe(200);
      const before = ticks;
      while (ticks < before + 2) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await serveAll();
    await come(100);
    await serveAll();
    const before = process.memoryUsage().rss;
    for (let wave = 0; wave < effort(1, 5, 50); wave++) {
      await come(1_000);
      await serveAll();
      for (const socket of sockets.splice(0)) socket.destroy();
    }
    await come(1_000);
    await serveAll();
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    expect(grown).withContext('MB').toBeLessThan(100);
    for (const socket of sockets) socket.destroy();
    reading.destroy();
    await board.close();
    await pool.destroy();
  });
});
