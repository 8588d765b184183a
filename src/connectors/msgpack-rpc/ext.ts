/**
 * A value of an extension type that the codec does not know, such as neovim's buffers, windows and tabpages.
 * Sent back unchanged, it is the same value to the node.
 *
 * @example
 * connection.call('nvim_get_current_buf').pipe(concatMap((buffer) => connection.call('nvim_buf_line_count', buffer)));
 */
export class Ext {
  /** −128 to 127; negative types are reserved by MessagePack. */
  readonly type: number;
  readonly data: Uint8Array;

  /** Throws a `RangeError` for a type that is not a signed 8-bit integer. */
  constructor(type: number, data: Uint8Array) {
    if (!Number.isInteger(type) || type < -128 || type > 127) {
      throw new RangeError(`An extension type is an integer from -128 to 127, got ${String(type)}.`);
    }
    this.type = type;
    this.data = data;
  }
}
