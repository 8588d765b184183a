import { Float } from './float';
import { malformed } from './limits';

const SMALLEST_SAFE = BigInt(Number.MIN_SAFE_INTEGER);
const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** As a number it must be sent as a float again. */
export function floatOf(value: number): number | Float {
  if (!Number.isFinite(value)) throw malformed('a float that is no number');
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? new Float(value) : value;
}

/** As a text, filled up with zeros. */
export function floatOfText(padded: string): number | Float {
  const text = padded.replace(/\0[^]*$/, '');
  if (!/^ *[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text)) throw malformed('a float that is no number');
  return floatOf(Number(text));
}

/** Of bytes from the least significant one on; `sign` is 0 unless it is negative. */
export function integerOf(memory: Buffer, at: number, length: number, sign: number): number | bigint {
  if (length <= 6) {
    let value = 0;
    for (let i = at + length - 1; i >= at; i--) value = value * 256 + memory[i]!;
    return sign === 0 || value === 0 ? value : -value;
  }
  const hex = Buffer.from(memory.subarray(at, at + length))
    .reverse()
    .toString('hex');
  let value: bigint;
  try {
    value = BigInt(`0x${hex}`);
  } catch {
    throw malformed(`an integer of ${length} bytes, which is more than this engine can hold`);
  }
  if (sign !== 0) value = -value;
  return value >= SMALLEST_SAFE && value <= LARGEST_SAFE ? Number(value) : value;
}
