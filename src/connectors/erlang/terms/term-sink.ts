/** What a term writes its bytes to. */
export interface TermSink {
  byte(value: number): void;
  bytes(value: Uint8Array): void;
  uint16(value: number): void;
  uint32(value: number): void;
  number(value: number): void;
  float(value: number): void;
  tupleHeader(length: number): void;
  map(map: MapEntries, depth: number): void;
  entries(keys: readonly unknown[], values: readonly unknown[], depth: number): void;
  /** Throws a `TypeError` for a value that is not a term. */
  term(term: unknown, depth?: number): void;
}

/** A map whose keys are known to be different. */
export interface MapEntries {
  keys(): readonly unknown[];
  values(): readonly unknown[];
  /** A text that is equal for equal maps, once there was need of it. */
  keyText: string | undefined;
}
