import type { Unsubscribable } from 'rxjs';

/** What is used of Node's EventEmitter. */
interface Emitter {
  on(event: string, listener: (value?: unknown) => void): unknown;
  removeListener(event: string, listener: (value?: unknown) => void): unknown;
}

/** The events by which clients of Node report that their connection is gone. */
export const lossEvents: readonly string[] = ['error', 'end', 'close'];

/** `in` before `typeof`: the proxy of a remote object has any property that is read from it. */
export function isEmitter(value: unknown): value is Emitter {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['on', 'removeListener', 'emit'].every(
      (name) => name in value && typeof (value as Record<string, unknown>)[name] === 'function',
    )
  );
}

/**
 * An `'error'` event without a listener ends the process. A client may emit one at any time until it is garbage, also after it is closed, so
 * this listener stays.
 */
export function ignoreErrors(connection: unknown): void {
  if (!isEmitter(connection)) return;
  connection.removeListener('error', ignore);
  connection.on('error', ignore);
}

const ignore = (): void => undefined;

/** Calls `lost` for each of these events of an EventEmitter or an EventTarget, with the error that the event has, or one that names it. */
export function watchEvents(
  connection: unknown,
  events: readonly string[],
  lost: (error: unknown) => void,
): Unsubscribable {
  const listeners = events.map((event) => {
    const listener = (value?: unknown): void => {
      lost(value instanceof Error ? value : new Error(`it emitted '${event}'`));
    };
    return [event, listener] as const;
  });
  const each = (fn: (event: string, listener: (value?: unknown) => void) => unknown): void => {
    for (const [event, listener] of listeners) fn(event, listener);
  };
  if (isEmitter(connection)) {
    each((event, listener) => connection.on(event, listener));
    return { unsubscribe: () => each((event, listener) => connection.removeListener(event, listener)) };
  }
  const target = connection as EventTarget;
  if (typeof target.addEventListener !== 'function') {
    throw new TypeError(
      `lost names the events ${events.map((event) => `'${event}'`).join(', ')}, but the connection has neither on() nor addEventListener(): ` +
        'give a function that reports the loss',
    );
  }
  each((event, listener) => target.addEventListener(event, listener));
  return { unsubscribe: () => each((event, listener) => target.removeEventListener(event, listener)) };
}
