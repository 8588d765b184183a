import { ReadableError } from '../pool/values/readable-error';
/** The node did not answer within the timeout. Whether it has carried out the call is not known. */
export class CallTimeoutError extends ReadableError {
  override get name(): 'CallTimeoutError' {
    return 'CallTimeoutError';
  }

  readonly code = 'CALL_TIMEOUT';

  constructor(method: string, target: string, ms: number) {
    super(`'${method}' was not answered by ${target} within ${ms} ms`);
  }
}
