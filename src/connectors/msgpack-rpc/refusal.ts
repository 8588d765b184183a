/** A received message violates the protocol or a limit. The session adds the sender. */
export class Refusal extends Error {
  readonly code: 'RPC_PROTOCOL' | 'RPC_LIMIT';

  constructor(code: Refusal['code'], reason: string, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
