/** What a term writes its bytes to. */
export interface TermSink {
  byte(value: number): void;
  bytes(value: Uint8Array): void;
  uint16(value: number): void;
  uint32(value: number): void;
  number(value: number): void;
  float(value: number): void;
  tupleHeader(length: number): void;
  entries(keys: readonly unknown[], values: readonly unknown[], depth: number): void;
  /** Throws a `TypeError` for what is no term. */
  term(term: unknown, depth?: number): void;
}
