import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import helmet from 'helmet';
import { concat, NEVER, of } from 'rxjs';
import { dashboard } from '../../src/dashboard/index';
import type { Dashboard, DashboardOptions } from '../../src/dashboard/index';
import { createPool } from '../../src/index';

const poolOf = (name = 'db') => createPool({ name, max: 2, connect: () => concat(of('c'), NEVER) });

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** A request as it is: fetch would correct it. `first`: only the beginning of a stream. */
function ask(url: string, { method = 'GET', headers = {}, first = false } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      const done = (): void => resolve({ status: response.statusCode!, headers: response.headers, text });
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (first && text.includes('\n\n')) {
          done();
          asked.destroy();
        }
      });
      response.on('end', done);
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('a dashboard', () => {
  const boards: Dashboard[] = [];
  const open = async (options: DashboardOptions = {}, pools = [poolOf()]) => {
    const board = dashboard(pools, { period: 100, ...options });
    boards.push(board);
    const { url } = await board.listen();
    return { board, url, pools };
  };
  afterEach(async () => {
    await Promise.all(boards.splice(0).map((board) => board.close()));
  });

  it('serves its page with a policy that lets it load nothing from elsewhere, and run nothing inline', async () => {
    const { url } = await open();
    const { status, headers, text } = await ask(url);
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toContain(`default-src 'none'`);
    expect(headers['content-security-policy']).toContain(`frame-ancestors 'none'`);
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toContain('no-store');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
    for (const name of ['app.js', 'app.css', 'icon.svg']) {
      const asset = await ask(`${url}${name}`);
      expect(asset.status).withContext(name).toBe(200);
      expect(asset.headers['x-content-type-options']).withContext(name).toBe('nosniff');
    }
  });

  it('takes GET and HEAD only', async () => {
    const { url } = await open();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, headers } = await ask(url, { method });
      expect([status, headers['allow']]).withContext(method).toEqual([405, 'GET, HEAD']);
    }
    const head = await ask(`${url}frames`, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('refuses names of other hosts, which a page of elsewhere can make lead here', async () => {
    const { url } = await open({ hosts: ['pools.example.com'] });
    const { port } = new URL(url);
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example']) {
      const { status } = await ask(`${url}snapshot`, { headers: { host } });
      expect(status).withContext(host).toBeGreaterThanOrEqual(400);
    }
    for (const host of [
      `localhost:${port}`,
      `127.0.0.1:${port}`,
      `[::1]:${port}`,
      'pools.example.com',
      'POOLS.example.com:80',
    ]) {
      expect((await ask(`${url}snapshot`, { headers: { host } })).status)
        .withContext(host)
        .toBe(200);
    }
  });

  it('tells pages of other sites nothing', async () => {
    const { url } = await open();
    for (const site of ['cross-site', 'same-site']) {
      for (const name of ['frames', 'stats', 'snapshot', 'recording', 'what-if']) {
        const { status } = await ask(`${url}${name}`, { headers: { 'sec-fetch-site': site } });
        expect(status).withContext(`${name} ${site}`).toBe(403);
      }
    }
  });

  it('sends the history at once, and then a tick a period', async () => {
    const { url } = await open();
    const { text } = await ask(`${url}frames`, { first: true });
    expect(text).toMatch(/^event: state\ndata: \{"format":"rxjs-connection-pool dashboard","version":1/);
    const stats = await ask(`${url}stats?pool=db`, { first: true });
    expect(stats.text).toMatch(/^event: stats\ndata: \{"name":"db","seq":/);
  });

  it('answers 503 beyond maxClients, and takes another when one has left', async () => {
    const { url } = await open({ maxClients: 2 });
    const held = await Promise.all([0, 1].map(() => fetch(`${url}frames`)));
    expect(held.map(({ status }) => status)).toEqual([200, 200]);
    const refused = await ask(`${url}frames`);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '10']);
    expect((await ask(url)).status).toBe(200);
    await held[0]!.body!.cancel();
    let status = 503;
    while (status === 503) ({ status } = await ask(`${url}stats`, { first: true }));
    expect(status).toBe(200);
    await held[1]!.body!.cancel();
  });

  it('says what there is of a pool, and 404 of what there is not', async () => {
    const { url } = await open({}, [poolOf('orders'), poolOf('users')]);
    expect((await ask(`${url}stats?pool=payments`)).text).toContain(`'orders', 'users'`);
    for (const name of ['stats?pool=9', 'stats?pool=-1', 'nothing.js', 'recording?pool=1']) {
      expect((await ask(`${url}${name}`)).status)
        .withContext(name)
        .toBe(404);
    }
  });

  it('closes every stream when it is closed, and answers no more', async () => {
    const { board, url } = await open();
    const stream = await fetch(`${url}frames`);
    const ended = stream.text();
    await board.close();
    await ended.catch(() => undefined);
    await expectAsync(fetch(url)).toBeRejected();
    expect((await board(new Request('http://localhost/'))).status).toBe(503);
  });

  it('listens on other addresses only with a function that decides', async () => {
    const board = dashboard(poolOf());
    boards.push(board);
    await expectAsync(board.listen({ host: '0.0.0.0' })).toBeRejectedWithError(/0\.0\.0\.0.*auth/);
    const open = dashboard(poolOf(), { auth: false });
    boards.push(open);
    await expectAsync(open.listen({ host: '::' })).toBeRejectedWithError(/auth/);
    await expectAsync(board.listen({ port: 70_000 })).toBeRejectedWithError(/port must be/);
  });

  it('asks the option auth about each request', async () => {
    const asked: string[] = [];
    const { url } = await open({
      auth: ({ header, url: path, remoteAddress }) => {
        asked.push(`${path} ${remoteAddress}`);
        if (header('x-fails') !== undefined) throw new Error('broken');
        return header('Authorization') === 'Basic secret';
      },
    });
    const no = await ask(`${url}snapshot`);
    expect([no.status, no.headers['www-authenticate']]).toEqual([401, 'Basic realm="pools", charset="UTF-8"']);
    expect((await ask(`${url}snapshot`, { headers: { authorization: 'Basic secret' } })).status).toBe(200);
    expect((await ask(`${url}snapshot`, { headers: { 'x-fails': '1', authorization: 'Basic secret' } })).status).toBe(
      401,
    );
    expect(asked[0]).toBe('/snapshot 127.0.0.1');
  });

  it('answers a Request only where auth is given, since it does not say where it comes from', async () => {
    const closed = dashboard(poolOf());
    const { auth: no } = { auth: false as const };
    const given = dashboard(poolOf(), { auth: no });
    boards.push(closed, given);
    expect((await closed(new Request('http://localhost/pools/'))).status).toBe(403);
    const page = await given(new Request('http://localhost/pools/'));
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const abort = new AbortController();
    const stream = await given(new Request('http://localhost/pools/frames', { signal: abort.signal }));
    const { value } = await stream.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toMatch(/^event: state/);
    abort.abort();
    expect((await given(new Request('http://evil.example/pools/'))).status).toBe(403);
  });

  it('is mounted in Express, behind helmet, at any path', async () => {
    const board = dashboard(poolOf());
    boards.push(board);
    const app = express()
      .use(helmet())
      .use('/admin/pools', board)
      .get('/', (_, response) => void response.send('shop'));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const bare = await ask(`${base}/admin/pools`);
    expect([bare.status, bare.headers['location']]).toEqual([308, 'pools/']);
    const page = await ask(`${base}/admin/pools/`);
    expect(page.text).toContain('app.js');
    expect(page.headers['content-security-policy']).toContain(`default-src 'none'`);
    expect((await ask(`${base}/admin/pools/app.js`)).status).toBe(200);
    expect((await ask(`${base}/admin/pools/frames`, { first: true })).text).toMatch(/^event: state/);
    expect((await ask(base)).text).toBe('shop');
    server.close();
  });

  it('is mounted in Fastify', async () => {
    const board = dashboard(poolOf());
    boards.push(board);
    const app = fastify();
    app.get('/pools/*', (asked, reply) => board(asked, reply));
    const base = await app.listen({ port: 0, host: '127.0.0.1' });
    expect((await ask(`${base}/pools/`)).text).toContain('app.js');
    expect((await ask(`${base}/pools/frames`, { first: true })).text).toMatch(/^event: state/);
    await app.close();
  });

  it('is a listener of node:http', async () => {
    const board = dashboard(poolOf());
    boards.push(board);
    const server = createServer((asked, response) => board(asked, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await ask(`${base}/snapshot`)).status).toBe(200);
    server.close();
  });

  it('names all that is wrong with its options', () => {
    const wrong = { period: 5, maxClients: 0, hosts: ['http://x'], auth: 'yes', peroid: 1 };
    expect(() => dashboard({} as never, wrong as never)).toThrowError(
      /the first argument must be a pool[^]*period[^]*maxClients[^]*hosts[^]*auth[^]*peroid is not an option/,
    );
  });
});
