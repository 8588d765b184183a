/** HTTP/1.1: POST echoes its body, GET of `/n` returns n bytes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { replyOf } from '../rpc/reply-of';

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.method === 'GET') {
    response.end(replyOf(Number(request.url!.slice(1))));
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.end(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
