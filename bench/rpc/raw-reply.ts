import type { Socket } from 'node:net';

/** The baseline of a large reply: its chunks in a list, joined once. */
export function rawReply(socket: Socket, size: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const listen = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length < size) return;
      socket.off('data', listen);
      resolve(Buffer.concat(chunks));
    };
    socket.on('data', listen);
    const request = Buffer.alloc(4);
    request.writeUInt32BE(0x80000000 + size);
    socket.write(request);
  });
}
