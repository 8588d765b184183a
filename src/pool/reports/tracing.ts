import type { Claim, Slot, Subject } from '../state/claim-and-slot';
import type { PoolEvent } from './events';
import type { Channels, Tracer } from './tracer';

/** The tracers of one pool, and the channels, which trace every pool while they have subscribers. */
export class Tracing {
  private tracers: readonly Tracer[] = [];

  constructor(
    private readonly channels: Channels,
    private readonly reportUnhandled: (error: unknown) => void,
  ) {}

  get tracesAcquires(): boolean {
    return this.hasTracers || this.channels.tracesAcquires;
  }

  get hasTracers(): boolean {
    return this.tracers.length > 0;
  }

  get isTracing(): boolean {
    return this.channels.isTracing;
  }

  traces(subject: Subject): boolean {
    return this.channels.traces(subject);
  }

  publishes(type: PoolEvent['type']): boolean {
    return this.channels.publishes(type);
  }

  add(tracer: Tracer): void {
    this.tracers = [...this.tracers, tracer];
  }

  remove(tracer: Tracer): void {
    this.tracers = this.tracers.filter((other) => other !== tracer);
  }

  // ---------------------------------------------------------------- what is traced

  acquireBegins(claim: Claim<unknown>): void {
    if (this.channels.tracesAcquires || this.channels.tracesWaits)
      this.tell(this.channels, (channels) => channels.acquireBegins(claim));
    this.each((tracer) => tracer.acquireBegins(claim));
  }

  acquireWaits(claim: Claim<unknown>): void {
    if (this.traces(claim)) this.tell(this.channels, (channels) => channels.acquireWaits(claim));
    this.each((tracer) => tracer.acquireWaits(claim));
  }

  /** Begins a connect, whatever a tracer does. */
  connect(slot: Slot<unknown>): void {
    let begun = false;
    const begin = (): void => {
      if (begun) return;
      begun = true;
      slot.connect();
    };
    const connect = [...this.tracers, ...(this.channels.tracesConnects ? [this.channels] : [])].reduce(
      (inner, tracer) => () => {
        this.tell(tracer, () => tracer.connectBegins(slot, inner));
      },
      begin,
    );
    connect();
    begin();
  }

  connectAbandoned(slot: Slot<unknown>): void {
    if (this.traces(slot)) this.tell(this.channels, (channels) => channels.connectAbandoned(slot));
    this.each((tracer) => tracer.connectAbandoned(slot));
  }

  happened(event: PoolEvent, subject: Subject | null): void {
    this.tell(this.channels, (channels) => channels.happened(event, subject));
    this.each((tracer) => tracer.happened(event, subject));
  }

  private each(call: (tracer: Tracer) => void): void {
    for (const tracer of this.tracers) this.tell(tracer, call);
  }

  private tell<T extends Tracer>(tracer: T, call: (tracer: T) => void): void {
    try {
      call(tracer);
    } catch (error) {
      this.reportUnhandled(error);
    }
  }
}
