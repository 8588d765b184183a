import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

/** Where it was measured: without it, figures mean nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Before anything is measured; much more than 0 says that others use the machine. */
  readonly load: number;
}

export const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${arch()} ${release()}`,
  node: process.version,
  v8: process.versions.v8,
  load: loadavg()[0]!,
});

export const describe = ({ cpu, cores, memoryGb, system, node, v8, load }: Machine): string =>
  `${cores} × ${cpu}, ${memoryGb} GB, ${system}, Node ${node} (V8 ${v8}), load ${load.toFixed(2)} at the start`;
