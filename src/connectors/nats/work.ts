import type { Msg, PublishOptions } from '@nats-io/transport-node';
import type { Subscription } from 'rxjs';
import { messageOf } from '../../pool/values/describe';
import { printable } from '../../pool/values/printable';
import { sourceOf } from '../msgpack-rpc/results';
import type { ClientConnection } from './client-connection';
import { NatsPayloadError, NatsServiceError } from './errors';
import { headersOf } from './headers';
import type { ServeNatsLimits } from './limits';
import type { NatsMessage } from './message';
import { ERROR_CODE_HEADER, ERROR_HEADER } from './requests';

const FAILED = 500;
const BAD_PAYLOAD = 400;
const BUSY = 429;

const LONGEST_REASON = 1_000;

/** What a method is told of the request. */
export interface NatsRequest extends NatsMessage {
  /** Aborted when the service closes before the method has ended. */
  readonly signal: AbortSignal;
}

/**
 * What answers on a subject: a function of the value that was sent (of any kind: check it). The reply is what it returns; of an Observable, a
 * promise, an async iterable or a generator the last value, nil if there was none. What it throws or fails with is answered as an error,
 * with the error's own `code` if that is a positive integer, else 500.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that a method may name the value it expects
export type NatsMethod = (value: any, request: NatsRequest) => unknown;

/** Methods by the last part of their subject. */
export type NatsMethods = Readonly<Record<string, NatsMethod>>;

/** A request in work. */
class Work {
  hasEnded = false;
  subscription: Subscription | undefined;
  private controller: AbortController | undefined;

  constructor(readonly bytes: number) {}

  get signal(): AbortSignal {
    return (this.controller ??= new AbortController()).signal;
  }

  abandon(reason: Error): void {
    this.hasEnded = true;
    this.controller?.abort(reason);
    this.subscription?.unsubscribe();
  }
}

/** Runs methods for requests, within the limits, and sends each exactly one reply. */
export class Works {
  private readonly connection: ClientConnection;
  private readonly limits: ServeNatsLimits;
  private readonly onFault: (error: Error) => void;
  private readonly working = new Set<Work>();
  private workingBytes = 0;
  private whenIdle: (() => void) | undefined;

  constructor(connection: ClientConnection, limits: ServeNatsLimits, onFault: (error: Error) => void) {
    this.connection = connection;
    this.limits = limits;
    this.onFault = onFault;
  }

  /** Resolves when nothing is in work. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.working.size === 0) resolve();
      else this.whenIdle = resolve;
    });
  }

  abandon(reason: Error): void {
    for (const work of this.working) work.abandon(reason);
    this.working.clear();
    this.workingBytes = 0;
  }

  run(method: NatsMethod, message: Msg): void {
    const { reader, payloads } = this.connection;
    let read: NatsMessage;
    try {
      const size = this.working.size;
      if (size >= this.limits.maxCalls) throw new Busy(`${size} requests are in work here already (maxCalls)`);
      if (this.workingBytes >= this.limits.maxCallBytes) {
        throw new Busy(`requests of ${this.workingBytes} bytes of memory are in work here already (maxCallBytes)`);
      }
      read = reader.read(message);
    } catch (error) {
      this.refuse(message, error as Error);
      return;
    }
    const work = new Work(payloads.weight);
    try {
      const result = method(read.value, requestOf(read, work));
      const source = sourceOf(result);
      if (source === undefined) this.reply(read, result);
      else this.follow(work, source, read);
    } catch (error) {
      this.fail(read, error);
    }
  }

  private follow(work: Work, source: NonNullable<ReturnType<typeof sourceOf>>, message: NatsMessage): void {
    this.working.add(work);
    this.workingBytes += work.bytes;
    const finish = (reply: () => void): void => {
      if (work.hasEnded) return;
      work.hasEnded = true;
      this.working.delete(work);
      this.workingBytes -= work.bytes;
      reply();
      if (this.working.size === 0) this.whenIdle?.();
    };
    let last: unknown = null;
    const subscription = source.subscribe({
      next: (value) => (last = value),
      error: (error: unknown) => finish(() => this.fail(message, error)),
      complete: () => finish(() => this.reply(message, last)),
    });
    if (work.hasEnded) subscription.unsubscribe();
    else work.subscription = subscription;
  }

  private reply({ subject, reply }: NatsMessage, value: unknown): void {
    if (reply === undefined) return;
    let payload: Uint8Array;
    try {
      payload = this.connection.payloads.encode(subject, value);
    } catch (error) {
      this.sendError(reply, FAILED, `its answer cannot be sent: ${messageOf(error)}`);
      return;
    }
    this.send(reply, payload, undefined);
  }

  private fail({ subject, reply }: NatsMessage, error: unknown): void {
    if (reply === undefined)
      this.onFault(new Error(`'${subject}' failed without a caller: ${messageOf(error)}`, { cause: error }));
    else this.sendError(reply, codeOf(error), reasonOf(error));
  }

  /** The method was not run. */
  private refuse({ reply }: Msg, error: Error): void {
    this.onFault(error);
    if (reply) this.sendError(reply, error instanceof Busy ? BUSY : BAD_PAYLOAD, error.message);
  }

  private sendError(reply: string, code: number, reason: string): void {
    const text = printable(reason.slice(0, LONGEST_REASON)).trim();
    const headers = headersOf({ [ERROR_HEADER]: text === '' ? 'failed' : text, [ERROR_CODE_HEADER]: String(code) });
    this.send(reply, new Uint8Array(0), { headers: headers! });
  }

  private send(reply: string, payload: Uint8Array, options: PublishOptions | undefined): void {
    this.connection.link.send({
      subject: reply,
      payload,
      options,
      sent: false,
      onFailed: (error) => {
        this.onFault(error);
        const isTooLarge = error instanceof NatsPayloadError && payload.length > 0;
        if (isTooLarge)
          this.sendError(reply, FAILED, `its answer of ${payload.length} bytes is larger than the server takes`);
      },
    });
  }
}

/** As many requests are in work as may be. */
class Busy extends Error {}

/** With its signal made only where a method asks for it. */
function requestOf(message: NatsMessage, work: Work): NatsRequest {
  return Object.defineProperty(message, 'signal', { get: () => work.signal, enumerable: true }) as NatsRequest;
}

function codeOf(error: unknown): number {
  if (error instanceof NatsServiceError) return error.remoteCode;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'number' && Number.isSafeInteger(code) && code > 0 ? code : FAILED;
}

const reasonOf = (error: unknown): string => (error instanceof NatsServiceError ? error.detail : messageOf(error));
