import type { NatsConnection as Client, PublishOptions, Status } from '@nats-io/transport-node';
import { PermissionViolationError } from '@nats-io/transport-node';
import { messageOf } from '../../pool/values/describe';
import { reportUnhandled } from '../../pool/rx/report-unhandled';
import { NatsBacklogError, NatsConnectionError, NatsPayloadError } from './errors';
import type { NatsLimits } from './limits';
import type { NatsHappening, NatsStatus } from './status';

/** What a message costs beside its payload. */
const OVERHEAD = 128;
/** After this number of bytes the server is asked to confirm what it has received. */
const PROBE = 1024 * 1024;

/** A message on its way to the server. */
export interface Outgoing {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly options: PublishOptions | undefined;
  /** Whether the client has it. */
  sent: boolean;
  onSent?(): void;
  /** It was not sent, and will not be. */
  onFailed(error: Error): void;
}

/** Milliseconds of real time that the client has to drop a connection whose server does not answer. */
const DROP_TIMEOUT_MS = 1_000;

/** What waits for something from the server: told when there is nothing to come any more. */
export type EndListener = (errorFor: (subject: string, sent: boolean) => NatsConnectionError) => void;

/**
 * The client, and what waits for it. The client drops what is published between a lost connection and the next one, and keeps without bound what a
 * server does not take: so messages wait here, and leave when the client is connected and the server has confirmed enough of those before.
 */
export class Link {
  private readonly endListeners = new Set<EndListener>();
  private readonly waiting = new Set<Outgoing>();
  private waitingBytes = 0;
  private connected = true;
  private disconnectedSince = 0;
  /** All the bytes sent, and how many of them the server has, or are lost with a connection. */
  private sentBytes = 0;
  private confirmedBytes = 0;
  private probing = false;
  private flushing: Promise<void> | undefined;
  private errorFor: ((subject: string, sent: boolean) => NatsConnectionError) | undefined;

  constructor(
    readonly client: Client,
    readonly target: string,
    private readonly limits: NatsLimits,
    private readonly tell: (status: NatsStatus) => void,
    private readonly onPermission: (subject: string, isSubscription: boolean, error: Error) => void,
  ) {
    void this.watch();
  }

  get ended(): boolean {
    return this.errorFor !== undefined;
  }

  /** Calls it when the connection has ended, or now if it has. The function that it returns takes it back. */
  whenEnded(listener: EndListener): () => void {
    if (this.errorFor !== undefined) listener(this.errorFor);
    else this.endListeners.add(listener);
    return () => this.endListeners.delete(listener);
  }

  /** Sends the message, now or when the link can take it. Calls the methods of the message with the result. */
  send(message: Outgoing): void {
    if (this.errorFor !== undefined) {
      message.onFailed(this.errorFor(message.subject, false));
    } else if (this.waiting.size === 0 && this.flows) {
      this.publish(message);
    } else if (this.waitingBytes >= this.limits.maxBacklogBytes) {
      message.onFailed(new NatsBacklogError(message.subject, this.waitingBytes, this.limits.maxBacklogBytes));
    } else {
      this.waiting.add(message);
      this.waitingBytes += weightOf(message);
    }
  }

  /** Takes back a message that has not left. */
  drop(message: Outgoing): void {
    if (this.waiting.delete(message)) this.waitingBytes -= weightOf(message);
  }

  /** Resolves when the server has all that was sent. All calls of one turn share one ping. */
  flush(): Promise<void> {
    return (this.flushing ??= Promise.resolve().then(() => {
      this.flushing = undefined;
      return this.client.flush();
    }));
  }

  happened(what: NatsHappening): void {
    this.tell({ ...what, at: Date.now() });
  }

  /** The client has closed, or is being closed by this side. */
  end(byUs: boolean, cause: Error | undefined): void {
    if (this.errorFor !== undefined) return;
    const { target } = this;
    const why = byUs
      ? 'was closed by this side'
      : `was lost: ${cause === undefined ? 'the client has closed' : messageOf(cause)}`;
    this.errorFor = (subject, sent) =>
      new NatsConnectionError(
        byUs ? 'NATS_CONNECTION_CLOSED' : 'NATS_CONNECTION_LOST',
        target,
        `'${subject}' failed: the connection to ${target} ${why}`,
        { subject, sent, cause },
      );
    const waiting = [...this.waiting];
    this.waiting.clear();
    this.waitingBytes = 0;
    for (const message of waiting) message.onFailed(this.errorFor(message.subject, false));
    for (const listener of this.endListeners) listener(this.errorFor);
    this.endListeners.clear();
  }

  private get flows(): boolean {
    return this.connected && this.sentBytes - this.confirmedBytes < this.limits.maxUnsentBytes;
  }

  private publish(message: Outgoing): void {
    const { subject, payload, options } = message;
    const most = this.client.info?.max_payload ?? Infinity;
    if (payload.length > most) {
      const reason = `was not sent: its payload of ${payload.length} bytes is larger than the ${most} that the server takes (max_payload)`;
      message.onFailed(new NatsPayloadError('NATS_TOO_LARGE', subject, reason));
      return;
    }
    try {
      this.client.publish(subject, payload, options);
    } catch (error) {
      message.onFailed(new NatsPayloadError('NATS_ENCODE', subject, `was not sent: ${messageOf(error)}`, error));
      return;
    }
    message.sent = true;
    this.sentBytes += weightOf(message);
    if (!this.probing && this.sentBytes - this.confirmedBytes >= this.probeAfter) this.probe();
    message.onSent?.();
  }

  private get probeAfter(): number {
    return Math.min(PROBE, this.limits.maxUnsentBytes);
  }

  private probe(): void {
    this.probing = true;
    const upTo = this.sentBytes;
    const done = (): void => {
      this.probing = false;
      this.confirmedBytes = upTo;
      this.release();
      if (!this.probing && this.sentBytes - this.confirmedBytes >= this.probeAfter) this.probe();
    };
    // Where the connection was lost instead, what had been sent is not on its way any more.
    this.flush().then(done, done);
  }

  private release(): void {
    for (const message of this.waiting) {
      if (!this.flows || this.errorFor !== undefined) return;
      this.drop(message);
      this.publish(message);
    }
  }

  private async watch(): Promise<void> {
    try {
      for await (const status of this.client.status()) this.onStatus(status);
    } catch (error) {
      reportUnhandled(error);
    }
  }

  private onStatus(status: Status): void {
    switch (status.type) {
      case 'disconnect':
        this.connected = false;
        this.disconnectedSince = performance.now();
        this.happened({ type: 'disconnected', server: status.server });
        break;
      case 'reconnect': {
        this.connected = true;
        const took = performance.now() - this.disconnectedSince;
        this.happened({ type: 'reconnected', server: status.server, took, waiting: this.waiting.size });
        this.release();
        break;
      }
      case 'update':
        if ((status.added?.length ?? 0) + (status.deleted?.length ?? 0) > 0) {
          this.happened({ type: 'servers', added: status.added ?? [], deleted: status.deleted ?? [] });
        }
        break;
      case 'ldm':
        this.happened({ type: 'lameDuck', server: status.server });
        break;
      case 'staleConnection':
        this.happened({ type: 'stale', server: this.client.getServer() });
        setTimeout(() => this.dropStale(), DROP_TIMEOUT_MS).unref();
        break;
      case 'error': {
        const { error } = status;
        this.happened({ type: 'error', error });
        if (error instanceof PermissionViolationError) {
          this.onPermission(error.subject, error.operation === 'subscription', error);
        }
        break;
      }
    }
  }

  /**
   * The client waits for the last of its bytes to leave before it drops a connection: with a full socket to a server that stands still, without end.
   * It has no method for that, so that its socket is destroyed.
   */
  private dropStale(): void {
    if (!this.connected || this.ended) return;
    const { protocol } = this.client as Client & ClientInternals;
    protocol?.transport?.socket?.destroy();
  }
}

/** The private members of the client that are used here. */
interface ClientInternals {
  readonly protocol?: { readonly transport?: { readonly socket?: { destroy(): void } } };
}

const weightOf = ({ payload }: Outgoing): number => payload.length + OVERHEAD;
