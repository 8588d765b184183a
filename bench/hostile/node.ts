import { builtinMethods, serveNode } from '../../src/connectors/msgpack-rpc/index';

/** What the process of the node reports. */
export interface NodeReport {
  readonly target: string;
  /** The maximum of resident memory. */
  readonly rss: number;
  readonly clients: number;
}

const SAMPLE = 50;

/** A node with default options; it reports its memory over IPC. */
export async function runNode(): Promise<void> {
  const node = await serveNode({ methods: { ...builtinMethods, big: () => Buffer.alloc(1024 * 1024) } });
  let rss = 0;
  const sample = (): void => {
    rss = Math.max(rss, process.memoryUsage.rss());
  };
  setInterval(sample, SAMPLE);
  const report = (): void => {
    sample();
    process.send?.({ target: node.target, rss, clients: node.connections$.value } satisfies NodeReport);
    rss = 0;
  };
  process.on('message', report);
  process.on('disconnect', () => process.exit());
  report();
}
