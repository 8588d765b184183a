/**
 * A frame is a length of four bytes and a message of that many bytes, which the server echoes. If the highest bit of the length is set,
 * there is no message, and the other bits are the length of the reply.
 */
import { createServer, type AddressInfo } from 'node:net';
import { replyOf } from '../rpc/reply-of';

const ASKS = 0x80000000;

const server = createServer({ noDelay: true }, (socket) => {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let end = 0;
    let asked = 0;
    for (let at = 0; at + 4 <= bytes.length; at = end) {
      const length = bytes.readUInt32BE(at);
      if (length >= ASKS) {
        end = at + 4;
        asked = length - ASKS;
        break;
      }
      if (at + 4 + length > bytes.length) break;
      end = at + 4 + length;
    }
    // A client that asks for a reply of a given size has no other request in progress.
    if (asked > 0) socket.write(replyOf(asked));
    else if (end > 0) socket.write(bytes.subarray(0, end));
    rest = bytes.subarray(end);
  });
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
