/** MessagePack's extension type for timestamps. */
export const TIMESTAMP = -1;

const SECONDS_32 = 2 ** 32;
const SECONDS_34 = 2 ** 34;
const FURTHEST_DATE = 8.64e15;

/** The data of a timestamp, in the shortest of the three formats that can hold the date. */
export function encodeTimestamp(date: Date): Buffer {
  const time = date.getTime();
  if (Number.isNaN(time)) throw new TypeError('an invalid Date cannot be sent');
  const seconds = Math.floor(time / 1000);
  const nanoseconds = (time - seconds * 1000) * 1e6;
  if (seconds >= 0 && seconds < SECONDS_34) {
    if (nanoseconds === 0 && seconds < SECONDS_32) {
      const data = Buffer.allocUnsafe(4);
      data.writeUInt32BE(seconds, 0);
      return data;
    }
    // 30 bits of nanoseconds, then 34 of seconds
    const data = Buffer.allocUnsafe(8);
    data.writeUInt32BE(nanoseconds * 4 + Math.floor(seconds / SECONDS_32), 0);
    data.writeUInt32BE(seconds % SECONDS_32, 4);
    return data;
  }
  const data = Buffer.allocUnsafe(12);
  data.writeUInt32BE(nanoseconds, 0);
  data.writeBigInt64BE(BigInt(seconds), 4);
  return data;
}

/** The date of a timestamp, truncated to milliseconds; undefined where a Date cannot hold it. */
export function decodeTimestamp(data: Buffer): Date | undefined {
  let seconds: number;
  let nanoseconds = 0;
  switch (data.length) {
    case 4:
      seconds = data.readUInt32BE(0);
      break;
    case 8: {
      const high = data.readUInt32BE(0);
      nanoseconds = high >>> 2;
      seconds = (high & 3) * SECONDS_32 + data.readUInt32BE(4);
      break;
    }
    case 12:
      nanoseconds = data.readUInt32BE(0);
      seconds = Number(data.readBigInt64BE(4));
      break;
    default:
      return undefined;
  }
  const time = seconds * 1000 + Math.floor(nanoseconds / 1e6);
  return nanoseconds < 1e9 && Math.abs(time) <= FURTHEST_DATE ? new Date(time) : undefined;
}
