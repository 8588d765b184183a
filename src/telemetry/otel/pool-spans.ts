import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span, SpanContext, Tracer as SpanSource } from '@opentelemetry/api';
import type { PoolEvent } from '../../pool/reports/events';
import type { Claim, Slot, Subject } from '../../pool/state/claim-and-slot';
import { messageOf } from '../../pool/values/describe';

/** The attributes of spans that the conventions have no name for. */
const own = {
  label: 'rxjs_connection_pool.label',
  connection: 'rxjs_connection_pool.connection',
} as const;

/** The spans of one pool: of acquires that wait or are rejected, and of connects. */
export class PoolSpans {
  private readonly callers = new WeakMap<Claim<unknown>, Context>();
  private readonly open = new Map<Subject, Span>();
  /** The connects of connections that were never lent: the first caller has waited for them. */
  private readonly unused = new Map<number, SpanContext>();

  constructor(
    private readonly source: SpanSource,
    private readonly pool: string,
    private readonly attributes: Attributes,
  ) {}

  /** Called in the context of the caller, whose span is the parent. */
  acquireBegins(claim: Claim<unknown>): void {
    this.callers.set(claim, context.active());
  }

  acquireWaits(claim: Claim<unknown>): void {
    const parent = this.callers.get(claim);
    // Undefined: it began before the pool was instrumented.
    if (parent !== undefined) this.openAcquire(claim, parent);
  }

  private openAcquire(claim: Claim<unknown>, parent: Context): void {
    const { label } = claim.options;
    const attributes = { ...this.attributes, ...(label === undefined ? {} : { [own.label]: label }) };
    this.open.set(claim, this.source.startSpan(`acquire ${this.pool}`, { attributes }, parent));
  }

  /** A connect has no parent: the caller for which it begins may be served by another connection. The connector runs inside its span. */
  connectBegins(slot: Slot<unknown>, connect: () => void): void {
    const attributes = { ...this.attributes, [own.connection]: slot.id };
    const span = this.source.startSpan(
      `connect ${this.pool}`,
      { attributes, kind: SpanKind.CLIENT, root: true },
      ROOT_CONTEXT,
    );
    this.open.set(slot, span);
    context.with(trace.setSpan(ROOT_CONTEXT, span), connect);
  }

  connectAbandoned(slot: Slot<unknown>): void {
    this.cancelled(slot);
  }

  happened(event: PoolEvent, subject: Subject | null): void {
    switch (event.type) {
      case 'acquired':
        this.served(event.connection, subject);
        break;
      case 'opened':
        this.opened(event.connection, subject);
        break;
      case 'rejected':
        this.rejected(event.error, subject as Claim<unknown>);
        break;
      case 'timedOut':
      case 'openFailed':
        this.failed(event.error, subject);
        break;
      case 'cancelled':
        this.cancelled(subject);
        break;
      case 'evicted':
        this.unused.delete(event.connection);
    }
  }

  /** Ends what is under way. */
  end(): void {
    for (const span of this.open.values()) span.end();
    this.open.clear();
    this.unused.clear();
  }

  private served(connection: number, subject: Subject | null): void {
    const connect = this.unused.get(connection);
    this.unused.delete(connection);
    this.ended(subject, (span) => {
      span.setAttribute(own.connection, connection);
      if (connect !== undefined) span.addLink({ context: connect });
    });
  }

  private opened(connection: number, subject: Subject | null): void {
    this.ended(subject, (span) => {
      this.unused.set(connection, span.spanContext());
    });
  }

  private rejected(error: unknown, claim: Claim<unknown>): void {
    const parent = this.callers.get(claim);
    // Rejected at once: it has not waited.
    if (parent !== undefined && !this.open.has(claim)) this.openAcquire(claim, parent);
    this.failed(error, claim);
  }

  private failed(error: unknown, subject: Subject | null): void {
    this.ended(subject, (span) => {
      const exception = exceptionOf(error);
      span.setAttribute('error.type', exception.code ?? exception.name);
      span.recordException(exception);
      span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
    });
  }

  private cancelled(subject: Subject | null): void {
    this.ended(subject, (span) => {
      span.addEvent('cancelled');
    });
  }

  private ended(subject: Subject | null, finish: (span: Span) => void): void {
    const span = subject === null ? undefined : this.open.get(subject);
    if (span === undefined) return;
    this.open.delete(subject!);
    finish(span);
    span.end();
  }
}

/** What a span shows of an error. A connector may throw anything, also what cannot be read. */
function exceptionOf(error: unknown) {
  const text = (key: 'name' | 'code' | 'stack'): string | undefined => {
    try {
      const value = (error as Readonly<Record<string, unknown>> | null | undefined)?.[key];
      return typeof value === 'string' ? value : undefined;
    } catch {
      return undefined;
    }
  };
  const code = text('code');
  const stack = text('stack');
  return {
    name: text('name') ?? '_OTHER',
    message: messageOf(error),
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack }),
  };
}
