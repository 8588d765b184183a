import { serveNode } from '../src/connectors/msgpack-rpc/index';
import type { RpcNode } from '../src/connectors/msgpack-rpc/index';

/** A node that stores the values that it receives; now and then it is busy. */
export interface Store {
  readonly node: RpcNode;
  /** The number of values that it has received. */
  readonly size: number;
}

/** One in this number of calls fails because the node is busy. */
const busyEvery = 1_000;

export async function startStore(): Promise<Store> {
  let calls = 0;
  let size = 0;
  const busy = (): void => {
    if (++calls % busyEvery === 0) throw new Error('busy, try again');
  };
  const node = await serveNode({
    methods: {
      put: (value: unknown) => {
        busy();
        if (value === null || value === undefined) throw new Error('there is nothing to keep');
        size++;
        return size;
      },
      put_all: (values: unknown) => {
        busy();
        if (!Array.isArray(values)) throw new Error('put_all takes an array');
        size += values.length;
        return values.length;
      },
    },
  });
  return {
    node,
    get size() {
      return size;
    },
  };
}
