import { RpcError } from '../connectors/msgpack-rpc/index';
import type { BatchOutcome } from '../operators/batch-outcomes';
import { said } from '../pool/describe';
import type { Call } from './call';
import { jsonOf } from './json';

/** How deep causes are told. */
const DEPTH = 4;

/** A `BatchOutcome` as one line of JSON. */
export function jsonLine(outcome: BatchOutcome<unknown>): string {
  const { line, item } = outcome.item as Call;
  const result =
    outcome.status === 'fulfilled'
      ? `"status":"fulfilled","value":${jsonOf(outcome.value)}`
      : `"status":"rejected","reason":${jsonOf(reasonOf(outcome.reason))}`;
  return `{"index":${line.index},"item":${itemOf(item, line.text)},${result}}\n`;
}

/** A value as one line for people: a text without quotes, if it fits on a line, and anything else as JSON. */
export function readableLine(value: unknown): string {
  const plain = typeof value === 'string' && oneLine(value) === value;
  return `${plain ? value : oneLine(jsonOf(value))}\n`;
}

/** Why a line failed, for people. */
export function failureLine({ line, problem }: Call, reason: unknown): string {
  const why = said(reason);
  // What is wrong with a line says already which one that is.
  return `${oneLine(problem === reason ? why : `${line.place}: ${why}`)}\n`;
}

export { said as messageOf };

/** Whatever it is, it stays on one line, and gives a terminal no orders. */
export function oneLine(text: string): string {
  return text.replace(controls, (character) => escapes[character] ?? unicode(character));
}

// What moves the cursor or does worse, tabs excepted.
// eslint-disable-next-line no-control-regex -- that is what it is for
const controls = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g;

const escapes: Record<string, string | undefined> = { '\n': '\\n', '\r': '\\r' };
const unicode = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON can be nested too deeply for being written again. */
function itemOf(item: unknown, text: string): string {
  try {
    return jsonOf(item);
  } catch {
    return jsonOf(text);
  }
}

function reasonOf(reason: unknown, depth = 0): unknown {
  if (!(reason instanceof Error)) return reason;
  const { name, message, cause } = reason;
  const { code } = reason as { code?: unknown };
  return {
    name,
    ...(code === undefined ? {} : { code }),
    message,
    ...(reason instanceof RpcError ? { remoteCode: reason.remoteCode, detail: reason.detail } : {}),
    ...(cause === undefined || depth === DEPTH ? {} : { cause: reasonOf(cause, depth + 1) }),
  };
}
