/** A node of MessagePack-RPC: the server of every client of that protocol, so that only the clients differ. */
import { Packr } from 'msgpackr';
import { createMsgpackrCodec, serveNode } from '../../src/connectors/msgpack-rpc/index';
import { replyOf } from '../rpc/reply-of';

const node = await serveNode({
  codec: createMsgpackrCodec(Packr),
  methods: { echo: (value: unknown) => value, reply: (size: unknown) => replyOf(size as number) },
});
process.send?.(Number(node.target.split(':')[1]));
process.on('disconnect', () => process.exit());
