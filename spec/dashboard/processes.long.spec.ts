import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { concat, NEVER, of } from 'rxjs';
import { dashboard } from '../../src/dashboard/index';
import { createPool } from '../../src/index';
import { bundle } from '../helpers/bundle';

describe('a process with a dashboard', () => {
  it('may end while a page is open', async () => {
    const child = spawn(process.execPath, [await bundle(fileURLToPath(new URL('process-child.ts', import.meta.url)))]);
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

  it('bears clients that never read: so many are let in, and what they are sent is bounded', async () => {
    const count = 200;
    const pool = createPool({ name: 'db', max: 2, connect: () => concat(of('c'), NEVER) });
    const board = dashboard(pool, { period: 100, maxClients: 50 });
    const { url } = await board.listen();
    const port = Number(new URL(url).port);
    const before = process.memoryUsage().rss;
    const sockets: Socket[] = [];
    for (let i = 0; i < count; i++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.pause();
      socket.write('GET /frames HTTP/1.1\r\nHost: localhost\r\n\r\n');
      sockets.push(socket);
    }
    // A client that reads is told that there are too many, and the page is served all the same.
    let status = 200;
    while (status !== 503) {
      const answer = await fetch(`${url}frames`);
      ({ status } = answer);
      await answer.body!.cancel();
    }
    expect((await fetch(url)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    expect(grown).withContext('MB').toBeLessThan(200);
    for (const socket of sockets) socket.destroy();
    await board.close();
    await pool.destroy();
  });
});
