import { RpcError } from '../connectors/msgpack-rpc/index';
import type { BatchOutcome } from '../operators/internal/batch-outcome';
import { messageOf } from '../pool/values/describe';
import type { LineCall } from './line-call';
import { isPrintable, printable } from '../pool/values/printable';
import { jsonUpTo, type Json } from './json';

/** The error of a line whose outcome cannot be printed. The call itself may have succeeded. */
export class UnprintableError extends Error {
  override readonly name = 'UnprintableError';
  readonly code = 'UNPRINTABLE';

  constructor(status: BatchOutcome<unknown>['status'], cause: unknown) {
    super(`${status === 'succeeded' ? 'its answer' : 'its error'} cannot be printed: ${messageOf(cause)}`, { cause });
  }
}

/** How many nested causes are printed. */
const MAX_CAUSES = 4;

/** A `BatchOutcome` as one line of JSON. */
export function jsonLine(outcome: BatchOutcome<unknown>): string {
  const { line, item } = outcome.item as LineCall;
  const sent = itemOf(item, line.text);
  const got = outcome.status === 'succeeded' ? jsonUpTo(outcome.value) : jsonUpTo(errorOf(outcome.error));
  const result = outcome.status === 'succeeded' ? '"status":"succeeded","value":' : '"status":"failed","error":';
  const cut = sent.cut + got.cut > 0 ? `,"cut":${sent.cut + got.cut}` : '';
  return `{"index":${line.index},"item":${sent.json},${result}${got.json}${cut}}\n`;
}

/** The line for an outcome for which `jsonLine` failed. Without the item, which may be the value that cannot be printed. */
export function unprintableJsonLine(index: number, problem: UnprintableError): string {
  const { name, code, message } = problem;
  return `{"index":${index},"item":null,"status":"failed","error":${jsonUpTo({ name, code, message }).json}}\n`;
}

/** A value as one readable line: a text without quotes, if it fits on a line, and anything else as JSON. */
export function readableLine(value: unknown): string {
  if (typeof value === 'string' && isPrintable(value)) return `${value}\n`;
  const { json, cut } = jsonUpTo(value);
  return cut > 0 ? `${json} … (${cut} letters more)\n` : `${json}\n`;
}

/** Why a line failed, as one readable line. */
export function failureLine({ line, problem }: LineCall, error: unknown): string {
  const why = messageOf(error);
  // A problem of the line names the line itself.
  return `${oneLine(problem === error ? why : `${line.place}: ${why}`)}\n`;
}

export { messageOf };

/** The text on one line, without control characters for a terminal. */
export const oneLine = printable;

/** JSON that was parsed can be nested too deeply to be written again. */
function itemOf(item: unknown, text: string): Json {
  try {
    return jsonUpTo(item);
  } catch {
    return jsonUpTo(text);
  }
}

function errorOf(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    name,
    ...(code === undefined ? {} : { code }),
    message,
    ...(error instanceof RpcError ? { remoteCode: error.remoteCode, detail: error.detail } : {}),
    ...(cause === undefined || depth === MAX_CAUSES ? {} : { cause: errorOf(cause, depth + 1) }),
  };
}
