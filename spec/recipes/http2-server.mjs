// node http2-server.mjs PORT FILE: does an item for each request, GET /item, and appends it to the file before it answers. Item 100 takes half
// a second, item 1000 has no end. SIGUSR2: GOAWAY to all sessions, as for a deployment.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http2';
import { setTimeout } from 'node:timers';

const [, , port, file] = process.argv;
const sessions = new Set();
const server = createServer();

server.on('session', (session) => {
  sessions.add(session);
  session.on('error', () => undefined);
  session.on('close', () => sessions.delete(session));
});
server.on('stream', (stream, headers) => {
  const item = Number(headers[':path'].slice(1));
  stream.on('error', () => undefined);
  stream.on('close', () => {
    if (item === 1000) appendFileSync(file, `left ${stream.rstCode}\n`);
  });
  if (item === 1000) return;
  setTimeout(
    () => {
      if (stream.destroyed) return;
      appendFileSync(file, `${item}\n`);
      stream.respond({ ':status': 200 });
      stream.end(String(item));
    },
    item === 100 ? 500 : 10,
  );
});
process.on('SIGUSR2', () => {
  for (const session of sessions) session.close();
});
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));
