/** Why what came in is refused: it breaks the protocol, or goes beyond a limit. The session adds from whom it came. */
export class Refusal extends Error {
  readonly code: 'RPC_PROTOCOL' | 'RPC_LIMIT';

  constructor(code: Refusal['code'], reason: string, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
