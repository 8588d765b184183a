import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

/** The machine of the measurements: without it, the figures have no meaning. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** The load before the measurements; much more than 0 means that other processes use the machine. */
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
