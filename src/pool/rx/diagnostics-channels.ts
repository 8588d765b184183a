import type { PoolEvent } from '../reports/events';
import type { Channels } from '../reports/tracer';
import { Claim } from '../state/claim-and-slot';
import type { Slot, Subject } from '../state/claim-and-slot';
import { builtinModule } from './builtin-module';
import { CHANNELS } from './channels';
import type { AcquireMessage, ConnectMessage } from './channels';

/** The parts of `node:diagnostics_channel` that are used. */
interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
  runStores(message: unknown, run: () => void): void;
}

const parts = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
type TracingChannel = Readonly<Record<(typeof parts)[number], Channel>>;

interface DiagnosticsChannel {
  channel(name: string): Channel;
  tracingChannel(name: string): TracingChannel;
}

const module = builtinModule('node:diagnostics_channel') as DiagnosticsChannel | undefined;

/** Where Node is missing: channels that never have a subscriber. */
const silent: Channel = {
  hasSubscribers: false,
  publish: () => {},
  runStores: (_message, run) => {
    run();
  },
};

const { acquire: acquireName, connect: connectName, ...eventNames } = CHANNELS;
const tracingChannel = (name: string): TracingChannel =>
  module?.tracingChannel(name) ?? { start: silent, end: silent, asyncStart: silent, asyncEnd: silent, error: silent };

// Node keeps a channel only as long as a reference to it.
const acquires = tracingChannel(acquireName);
const connects = tracingChannel(connectName);
const events: ReadonlyMap<string, Channel> = new Map(
  Object.entries(eventNames).map(([type, name]) => [type, module?.channel(name) ?? silent]),
);
const released = events.get('released')!;
const { start, end, asyncStart, asyncEnd, error } = acquires;

/** An acquire or connect that is under way. */
interface Trace {
  readonly channel: TracingChannel;
  readonly message: AcquireMessage | ConnectMessage;
  /** `end` was published. */
  isAsync: boolean;
}

/** Publishes the events of one pool. */
export class PoolChannels implements Channels {
  private readonly traced = new Map<Subject, Trace>();

  constructor(private readonly pool: string) {}

  // A tracing channel knows whether any of its parts has subscribers only since Node 22. An acquire that is served at once has no other parts than
  // the first two, and asks for no more.

  get tracesAcquires(): boolean {
    return start.hasSubscribers || end.hasSubscribers;
  }

  get tracesWaits(): boolean {
    return asyncStart.hasSubscribers || asyncEnd.hasSubscribers || error.hasSubscribers;
  }

  get tracesConnects(): boolean {
    return parts.some((part) => connects[part].hasSubscribers);
  }

  get publishesReleases(): boolean {
    return released.hasSubscribers;
  }

  get isTracing(): boolean {
    return this.traced.size > 0;
  }

  traces(subject: Subject): boolean {
    return this.traced.has(subject);
  }

  publishes(type: PoolEvent['type']): boolean {
    return events.get(type)?.hasSubscribers === true;
  }

  acquireBegins(claim: Claim<unknown>): void {
    const { label } = claim.options;
    const message: AcquireMessage = { pool: this.pool, ...(label === undefined ? {} : { label }) };
    this.traced.set(claim, { channel: acquires, message, isAsync: false });
    // What the caller does with its connection is no part of the acquire, so it runs outside of the stores.
    acquires.start.runStores(message, () => undefined);
  }

  acquireWaits(claim: Claim<unknown>): void {
    this.endsLater(claim);
  }

  connectBegins(slot: Slot<unknown>, connect: () => void): void {
    const message: ConnectMessage = { pool: this.pool, connection: slot.id };
    this.traced.set(slot, { channel: connects, message, isAsync: false });
    connects.start.runStores(message, connect);
    this.endsLater(slot);
  }

  connectAbandoned(slot: Slot<unknown>): void {
    this.settle(slot, { cancelled: true });
  }

  happened(event: PoolEvent, subject: Subject | null): void {
    const channel = events.get(event.type);
    if (channel !== undefined) {
      if (channel.hasSubscribers) channel.publish(event);
    } else if (subject !== null) {
      this.settle(subject, outcomeOf(event));
    }
  }

  private endsLater(subject: Subject): void {
    const trace = this.traced.get(subject);
    // A connect may have ended already.
    if (trace === undefined) return;
    trace.isAsync = true;
    trace.channel.end.publish(trace.message);
  }

  private settle(subject: Subject, outcome: Outcome): void {
    const trace = this.traced.get(subject);
    if (trace === undefined) return;
    this.traced.delete(subject);
    const { channel, isAsync } = trace;
    const message = Object.assign(trace.message, outcome);
    inContextOf(subject, () => {
      if ('error' in message) channel.error.publish(message);
      if (isAsync) {
        channel.asyncStart.publish(message);
        channel.asyncEnd.publish(message);
      } else {
        channel.end.publish(message);
      }
    });
  }
}

type Outcome = Partial<Pick<AcquireMessage, 'result' | 'error' | 'cancelled'> | Pick<ConnectMessage, 'result'>>;

function outcomeOf(event: PoolEvent): Outcome {
  switch (event.type) {
    case 'acquired':
      return { result: { connection: event.connection, waited: event.waited } };
    case 'opened':
      return { result: { took: event.took } };
    case 'cancelled':
      return { cancelled: true };
    default:
      return { error: (event as { readonly error?: unknown }).error };
  }
}

function inContextOf(subject: Subject, publish: () => void): void {
  const context = subject instanceof Claim ? subject.context : null;
  if (context === null) publish();
  else context.runInAsyncScope(publish);
}
