/** The other side of what `rpc.ts` measures, in a process of its own: `raw` or a node, by its only argument. Says its port and stays. */
import { createServer, type AddressInfo } from 'node:net';
import { Packr } from 'msgpackr';
import type * as Connectors from '../src/connectors/msgpack-rpc/index';

const kind = process.argv[2];
const big = Buffer.alloc(64 * 1024 * 1024, 'x');

if (kind === 'raw') {
  // A length of four bytes, then a call of so many bytes, which is the answer too; of none, then 64 MB are the answer.
  const server = createServer({ noDelay: true }, (socket) => {
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let end = 0;
      for (let at = 0; at + 4 <= bytes.length; at = end) {
        const length = bytes.readUInt32BE(at);
        if (at + 4 + length > bytes.length) break;
        end = at + 4 + length;
        if (length === 0) socket.write(big);
      }
      if (end > 4) socket.write(bytes.subarray(0, end));
      rest = bytes.subarray(end);
    });
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
} else {
  const built = new URL('../dist/esm/msgpack-rpc.mjs', import.meta.url).href;
  const { createMsgpackrCodec, serveNode } = (await import(built)) as typeof Connectors;
  const node = await serveNode({
    methods: { echo: (value: unknown) => value, big: () => big },
    ...(kind === 'msgpackr' ? { codec: createMsgpackrCodec(Packr) } : {}),
  });
  process.send?.(Number(node.target.split(':')[1]));
}
process.on('disconnect', () => process.exit());
