import { Packr } from 'msgpackr';
import {
  connectNode,
  createMsgpackrCodec,
  type NodeConnector,
  type RpcConnection,
} from '../../src/connectors/msgpack-rpc/index';
import { createPool, type ConnectionPool } from '../../src/index';

export const codecs = ['msgpackr', 'msgpack-lite'] as const;
export type CodecName = (typeof codecs)[number];

const connectorTo = (port: number, codec: CodecName): NodeConnector =>
  connectNode(`127.0.0.1:${port}`, codec === 'msgpackr' ? { codec: createMsgpackrCodec(Packr) } : {});

/** A connection without a pool; it stays open. */
export const connection = (port: number, codec: CodecName): Promise<RpcConnection> =>
  new Promise((resolve, reject) => {
    connectorTo(port, codec)().subscribe({ next: resolve, error: reject });
  });

export async function nodePool(
  port: number,
  codec: CodecName,
  max: number,
  capacity = 1,
): Promise<ConnectionPool<RpcConnection>> {
  const pool = createPool({ connect: connectorTo(port, codec), max, capacity });
  await pool.warmUp(max);
  return pool;
}
