/** Only frames of at least this size use the pool. */
const LARGE = 1024 * 1024;

/**
 * The memory of a large frame that was sent. The system allocates new memory page by page, which takes three times as long as filling it. The
 * reference is weak: the garbage collector may free it.
 */
let pooled: WeakRef<ArrayBufferLike> | undefined;
/** Frames whose memory returns to the pool. */
const fromPool = new WeakSet<Uint8Array>();

/** Joins the parts of a frame. Its memory can be released to the pool after it has been sent. */
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

/** Releases the memory of a frame that was sent and is no longer referenced. */
export function releaseBuffer(frame: Uint8Array): void {
  if (fromPool.delete(frame)) pooled = new WeakRef(frame.buffer);
}

/** At most twice the needed memory, so that a small frame does not hold a large buffer. */
function memoryFor(length: number): Buffer {
  const memory = pooled?.deref();
  if (memory === undefined || memory.byteLength < length || memory.byteLength > 2 * length) {
    return Buffer.allocUnsafeSlow(length);
  }
  pooled = undefined;
  return Buffer.from(memory, 0, length);
}
