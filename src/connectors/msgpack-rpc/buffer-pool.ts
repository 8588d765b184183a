/** Frames as large as this are worth it. */
const LARGE = 1024 * 1024;

/**
 * The memory of a large frame that has left. The system gives new memory page by page, which takes three times as long as to fill it. It is
 * garbage like any other, and goes with it when that is collected.
 */
let pooled: WeakRef<ArrayBufferLike> | undefined;
/** Frames whose memory comes back. */
const fromPool = new WeakSet<Uint8Array>();

/** Joins the parts of a frame, in memory that is given back when it has been sent. */
export function concatPooled(parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length < LARGE) return Buffer.concat(parts, length);
  const frame = memoryFor(length);
  let at = 0;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  fromPool.add(frame);
  return frame;
}

/** A frame has been sent, and nobody has it any more. */
export function releaseBuffer(frame: Uint8Array): void {
  if (fromPool.delete(frame)) pooled = new WeakRef(frame.buffer);
}

/** Not much more than is needed: what is small should not hold what is large. */
function memoryFor(length: number): Buffer {
  const memory = pooled?.deref();
  if (memory === undefined || memory.byteLength < length || memory.byteLength > 2 * length) {
    return Buffer.allocUnsafeSlow(length);
  }
  pooled = undefined;
  return Buffer.from(memory, 0, length);
}
