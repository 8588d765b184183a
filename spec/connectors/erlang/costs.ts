import { filled, fillings, keys } from './hostile-terms';
import { cpuOf, memoryOf } from './trial';

/** How many times the CPU time of as many bytes of small integers a message may cost. New atoms cost most; keys that collided would cost thousands. */
export const MOST_CPU = 100;
/** Bytes that a message of 64 KiB may take. */
export const MOST_BYTES = 6 * 1024 * 1024;

const SIZE = 64 * 1024;
/** The number of times that a figure that is too high is measured again: a machine with other work can only make it higher. */
const AGAIN = 4;

export interface Cost {
  readonly what: string;
  readonly bytes: number;
  /** As a multiple of what as many bytes of small integers cost. */
  readonly cpu: number;
}

/** What 64 KiB of each kind cost, as a list and as the keys of a map. Throws beyond the bounds. */
export function costs(): readonly Cost[] {
  const cases = [
    ...Object.entries(fillings).map(([name, unit]) => ({ what: `a list of ${name}`, bytes: filled(SIZE, unit, false) })), // prettier-ignore
    ...Object.entries(keys).map(([name, unit]) => ({ what: `a map whose keys are ${name}`, bytes: filled(SIZE, unit, true) })), // prettier-ignore
  ];
  return cases.map(({ what, bytes }) => {
    for (let i = 0; ; i++) {
      const cost = { what, bytes: memoryOf(bytes), cpu: cpuOf(bytes, 2, 5) / cpuOf(smallIntegers, 2, 5) };
      if (cost.cpu <= MOST_CPU && cost.bytes <= MOST_BYTES) return cost;
      if (i === AGAIN) throw new Error(`${what}: ${SIZE} bytes cost ${cost.bytes} bytes, and ${cost.cpu.toFixed(1)} times the CPU time of small integers`); // prettier-ignore
    }
  });
}

const smallIntegers = filled(SIZE, fillings['small integers']!, false);
