/**
 * The stats of a pool in a page of one's own: a plain one, without a framework. A server mounts the dashboard at /pools/, and its page shows what
 * `fromPoolStats('/pools/')` emits.
 *
 *     node --import tsx examples/plain-page.ts [PORT]
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { timer } from 'rxjs';
import { connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import { dashboard } from '../src/dashboard/index';
import { createPool } from '../src/index';

const page = `<!doctype html>
<meta charset="utf-8" />
<title>Orders</title>
<h1>Orders</h1>
<p>Connections: <meter id="used" min="0"></meter> <b id="numbers">…</b> <small id="status"></small></p>
<p><a href="/pools/">What is the matter?</a></p>
<script type="module" src="/page.js"></script>`;

const script = `
import { fromPoolStats } from '../src/dashboard/client/index';
const element = (id) => document.getElementById(id);
const stats$ = fromPoolStats('/pools/');
stats$.status$.subscribe((status) => (element('status').textContent = status));
stats$.subscribe(({ inUseConnections, maxConnections, pendingAcquires }) => {
  element('used').max = maxConnections;
  element('used').value = inUseConnections;
  element('numbers').textContent = inUseConnections + ' of ' + maxConnections + ', ' + pendingAcquires + ' waiting';
});`;
const { outputFiles } = await build({
  stdin: { contents: script, resolveDir: import.meta.dirname, loader: 'ts' },
  bundle: true,
  format: 'esm',
  write: false,
});

const node = await serveNode({ methods: { work: () => new Promise((resolve) => setTimeout(resolve, 50, 'done')) } });
const pool = createPool({ name: 'orders', connect: connectNode(node.target), max: 5 });
const work = timer(0, 15).subscribe(() => {
  pool.use((connection) => connection.call('work'), { label: 'order' }).subscribe({ error: () => undefined });
});

const board = dashboard(pool);
const server = createServer((request, response) => {
  if (request.url?.startsWith('/pools')) {
    board(request, response);
    return;
  }
  const isScript = request.url === '/page.js';
  response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
  response.end(isScript ? outputFiles[0]!.text : page);
});
const [port = '0'] = process.argv.slice(2);
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${(server.address() as AddressInfo).port}/ – Ctrl-C ends it.`);
});
process.once('SIGINT', () => {
  work.unsubscribe();
  server.close();
  server.closeAllConnections();
  void Promise.all([board.close(), pool.destroy({ timeout: 0 })]).then(() => node.close());
});
