// node ws-server.mjs PORT FILE: does an item for each request, { id, params: item }, and appends it to the file before it answers. Item 100
// takes half a second, item 1000 has no end until it is cancelled.
import { appendFileSync } from 'node:fs';
import { clearTimeout, setTimeout } from 'node:timers';
import { WebSocketServer } from 'ws';

const [, , port, file] = process.argv;
const server = new WebSocketServer({ port: Number(port), host: '127.0.0.1' }, () => console.log('listening'));

server.on('connection', (socket) => {
  const running = new Map();
  socket.on('error', () => undefined);
  socket.on('close', (code) => appendFileSync(file, `closed ${code}\n`));
  socket.on('message', (data) => {
    const { id, params: item, cancel } = JSON.parse(data.toString());
    if (cancel !== undefined) {
      clearTimeout(running.get(cancel));
      appendFileSync(file, `cancelled\n`);
      return;
    }
    const finish = () => {
      running.delete(id);
      if (socket.readyState !== socket.OPEN) return;
      appendFileSync(file, `${item}\n`);
      socket.send(JSON.stringify({ id, result: item }));
    };
    running.set(id, setTimeout(finish, item === 1000 ? 2 ** 30 : item === 100 ? 500 : 10));
  });
});
