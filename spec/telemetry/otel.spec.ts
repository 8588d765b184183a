import { context, metrics, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AggregationTemporality, DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { DataPoint, Histogram, MetricData } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { NEVER, Observable, of, take, timer } from 'rxjs';
import type { ConnectionPool, PoolOptions } from '../../src/index';
import { connectionMetrics, secondsBuckets } from '../../src/telemetry/otel/metric-names';
import { instrumentPool } from '../../src/telemetry/otel/index';
import type { InstrumentationOptions, PoolInstrumentation } from '../../src/telemetry/otel/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { dead, marbles, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

/** Collects when the spec asks. */
class Reader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }

  protected override onForceFlush = async (): Promise<void> => {};
  protected override onShutdown = async (): Promise<void> => {};
}

/** The real SDK, with exporters in memory. */
class Sdk {
  readonly reader = new Reader();
  readonly exporter = new InMemorySpanExporter();
  readonly meterProvider = new MeterProvider({ readers: [this.reader] });
  readonly tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.exporter)] });

  get spans(): ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  span(name: string): ReadableSpan {
    return this.spans.find((span) => span.name === name)!;
  }

  instrument(pool: ConnectionPool<any>, options: InstrumentationOptions = {}): PoolInstrumentation {
    const { meterProvider, tracerProvider } = this;
    return instrumentPool(pool, { meterProvider, tracerProvider, ...options });
  }

  async metrics(): Promise<Map<string, MetricData>> {
    const { resourceMetrics, errors } = await this.reader.collect();
    expect(errors).toEqual([]);
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics: ofScope }) => ofScope);
    return new Map(all.map((metric) => [metric.descriptor.name, metric]));
  }

  /** The values of a metric, with the attributes beside the name of the pool. */
  async points(name: string): Promise<[number, Attributes][]> {
    const points = (await this.metrics()).get(name)?.dataPoints ?? [];
    return (points as DataPoint<number>[]).map(({ value, attributes }) => [value, attributes]);
  }

  async histogram(name: string): Promise<Histogram> {
    return (await this.metrics()).get(name)!.dataPoints[0]!.value as Histogram;
  }
}

const opens = (): Observable<object> =>
  new Observable((subscriber) => {
    subscriber.next({});
  });
const createPool = (options: Partial<PoolOptions<object>> = {}): ConnectionPool<object> =>
  createLastingPool({ name: 'db', connect: opens, max: 1, ...options });
const quiet = { error: () => undefined };
const ofPool = { 'db.client.connection.pool.name': 'db' };

/** A pool of one whose only connection is lent, and the function that releases it. */
function busy(pool: ConnectionPool<object>): () => void {
  let release = (): void => undefined;
  pool.acquire().subscribe((lease) => (release = () => lease.release()));
  return () => release();
}

const contexts = new AsyncLocalStorageContextManager();
const inside = (span: Span, run: () => void): void => context.with(trace.setSpan(ROOT_CONTEXT, span), run);

describe('instrumentPool', () => {
  let sdk: Sdk;
  let caller: Span;

  beforeAll(() => {
    context.setGlobalContextManager(contexts.enable());
  });

  afterAll(() => {
    context.disable();
  });

  beforeEach(() => {
    sdk = new Sdk();
    caller = sdk.tracerProvider.getTracer('spec').startSpan('caller');
  });

  describe('metrics', () => {
    it('are those of the conventions, by name, kind, unit and description', async () => {
      const pool = createPool();
      sdk.instrument(pool);
      pool.use(() => of(1)).subscribe();
      const collected = await sdk.metrics();
      for (const { name, instrument, unit, description } of Object.values(connectionMetrics)) {
        const { descriptor, dataPointType, ...metric } = collected.get(name)!;
        expect(descriptor).toEqual(jasmine.objectContaining({ name, unit, description }));
        expect(dataPointType).toBe(instrument === 'histogram' ? DataPointType.HISTOGRAM : DataPointType.SUM);
        if (instrument !== 'histogram') {
          expect((metric as { isMonotonic?: boolean }).isMonotonic)
            .withContext(name)
            .toBe(instrument === 'counter');
        }
      }
      expect([...collected.keys()].sort()).toEqual(
        Object.values(connectionMetrics)
          .map(({ name }) => name)
          .sort(),
      );
    });

    it('show the state of the pool when they are collected', async () => {
      const pool = createPool({ max: 3, min: 1 });
      sdk.instrument(pool);
      const release = busy(pool);
      busy(pool);
      expect(await sdk.points('db.client.connection.count')).toEqual([
        [0, { ...ofPool, 'db.client.connection.state': 'idle' }],
        [2, { ...ofPool, 'db.client.connection.state': 'used' }],
      ]);
      release();
      pool.resize(4);
      expect(await sdk.points('db.client.connection.count')).toEqual([
        [1, { ...ofPool, 'db.client.connection.state': 'idle' }],
        [1, { ...ofPool, 'db.client.connection.state': 'used' }],
      ]);
      expect(await sdk.points('db.client.connection.idle.min')).toEqual([[1, ofPool]]);
      for (const name of ['idle.max', 'limit', 'max']) {
        expect(await sdk.points(`db.client.connection.${name}`)).toEqual([[4, ofPool]]);
      }
    });

    it('count callers that wait, and those that have timed out', async () => {
      const pool = createPool();
      sdk.instrument(pool);
      busy(pool);
      pool.acquire({ acquireTimeout: 0 }).subscribe(quiet);
      const timedOut = new Promise((resolve) => pool.acquire({ acquireTimeout: 1 }).subscribe({ error: resolve }));
      const waiting = pool.acquire().subscribe();
      expect(await timedOut).toEqual(poolError('POOL_EXHAUSTED'));
      expect(await sdk.points('db.client.connection.pending_requests')).toEqual([[1, ofPool]]);
      expect(await sdk.points('db.client.connection.timeouts')).toEqual([[2, ofPool]]);
      waiting.unsubscribe();
    });

    it('record how long connects, waits and leases take, in seconds', async () => {
      const { connect } = scriptedTarget({ openAfter: 40 });
      marbles(({ flush }) => {
        const pool = createPool({ connect });
        sdk.instrument(pool);
        pool.use(() => timer(250)).subscribe();
        pool.use(() => timer(2_000)).subscribe();
        flush();
      });
      const seconds: [string, number[]][] = [
        ['create_time', [0.04]],
        ['wait_time', [0.04, 0.29]],
        ['use_time', [0.25, 2]],
      ];
      for (const [name, values] of seconds) {
        const { buckets, count, sum, max } = await sdk.histogram(`db.client.connection.${name}`);
        expect(buckets.boundaries).toEqual([...secondsBuckets]);
        expect(count).toBe(values.length);
        expect(sum).toBeCloseTo(values.reduce((a, b) => a + b));
        expect(max).toBeCloseTo(Math.max(...values));
      }
    });

    it('record a wait of 0 for a caller that is served at once, the lease of a stream without a wait, and a discarded lease', async () => {
      const pool = createPool();
      sdk.instrument(pool);
      pool.use(() => of(1)).subscribe();
      pool.pipe(take(1)).subscribe((lease) => {
        lease.discard();
      });
      expect(await sdk.histogram('db.client.connection.wait_time')).toEqual(
        jasmine.objectContaining({ count: 1, sum: 0 }),
      );
      expect((await sdk.histogram('db.client.connection.use_time')).count).toBe(2);
    });

    it('have the attributes and the prefix of the options', async () => {
      const pool = createPool();
      sdk.instrument(pool, { attributes: { 'server.address': 'a' }, prefix: 'rpc.client.connection' });
      pool.use(() => of(1)).subscribe();
      const attributes = { 'rpc.client.connection.pool.name': 'db', 'server.address': 'a' };
      expect(await sdk.points('rpc.client.connection.limit')).toEqual([[1, attributes]]);
      expect((await sdk.points('rpc.client.connection.count'))[0]![1]).toEqual({
        ...attributes,
        'rpc.client.connection.state': 'idle',
      });
      expect((await sdk.points('rpc.client.connection.use_time'))[0]![1]).toEqual(attributes);
      expect([...(await sdk.metrics()).keys()].every((name) => name.startsWith('rpc.client.connection.'))).toBeTrue();
    });

    it('keep several pools apart', async () => {
      const pools = ['a', 'b'].map((name, index) => createPool({ name, max: index + 1 }));
      for (const pool of pools) sdk.instrument(pool);
      pools[1]!.use(() => of(1)).subscribe();
      expect(
        (await sdk.points('db.client.connection.limit')).map(([value, attributes]) => [
          value,
          ...Object.values(attributes),
        ]),
      ).toEqual([
        [1, 'a'],
        [2, 'b'],
      ]);
      expect((await sdk.points('db.client.connection.use_time')).map(([, attributes]) => attributes)).toEqual([
        { 'db.client.connection.pool.name': 'b' },
      ]);
    });

    for (const how of ['unsubscribe', 'destroy'] as const) {
      it(`end with ${how}: the last values are zeros, and the callback is removed`, async () => {
        const pool = createPool({ min: 1 });
        const meter = sdk.meterProvider.getMeter('rxjs-connection-pool', undefined, {
          schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
        });
        const removed = spyOn(meter, 'removeBatchObservableCallback').and.callThrough();
        const instrumentation = sdk.instrument(pool);
        busy(pool);
        await new Promise((resolve) => pool.acquire({ acquireTimeout: 1 }).subscribe({ error: resolve }));
        expect((await sdk.points('db.client.connection.count')).map(([value]) => value)).toEqual([0, 1]);
        if (how === 'unsubscribe') instrumentation.unsubscribe();
        else await pool.destroy({ timeout: 0 });
        expect(instrumentation.closed).toBeTrue();
        expect((await sdk.points('db.client.connection.count')).map(([value]) => value)).toEqual([0, 0]);
        expect(removed).toHaveBeenCalledTimes(1);
        for (const name of ['limit', 'max', 'idle.min', 'idle.max', 'pending_requests']) {
          expect(await sdk.points(`db.client.connection.${name}`)).toEqual([[0, ofPool]]);
        }
        expect(await sdk.points('db.client.connection.timeouts')).toEqual([[1, ofPool]]);
        instrumentation.unsubscribe();
        expect(removed).toHaveBeenCalledTimes(1);
      });
    }

    it('of another pool continue', async () => {
      const pools = ['a', 'b'].map((name) => createPool({ name }));
      const [first] = pools.map((pool) => sdk.instrument(pool));
      first!.unsubscribe();
      await sdk.metrics();
      for (const pool of pools) pool.use(() => of(1)).subscribe();
      expect((await sdk.points('db.client.connection.limit')).map(([value]) => value)).toEqual([0, 1]);
      expect((await sdk.points('db.client.connection.use_time')).map(([, attributes]) => attributes)).toEqual([
        { 'db.client.connection.pool.name': 'b' },
      ]);
    });
  });

  describe('spans', () => {
    it('follow an acquire that waits, inside the span of its caller, whichever caller releases', () => {
      const pool = createPool();
      sdk.instrument(pool, { attributes: { 'db.system.name': 'redis' } });
      const release = busy(pool);
      inside(caller, () => pool.use(() => of(1), { label: 'report' }).subscribe());
      expect(sdk.spans.map(({ name }) => name)).toEqual(['connect db']);
      inside(sdk.tracerProvider.getTracer('spec').startSpan('another caller'), release);
      const { parentSpanContext, attributes, status, kind } = sdk.span('acquire db');
      expect(parentSpanContext?.spanId).toBe(caller.spanContext().spanId);
      expect(attributes).toEqual({
        ...ofPool,
        'db.system.name': 'redis',
        'rxjs_connection_pool.label': 'report',
        'rxjs_connection_pool.connection': 1,
      });
      expect(status.code).toBe(SpanStatusCode.UNSET);
      expect(kind).toBe(SpanKind.INTERNAL);
    });

    it('are not made for a connection that is free', () => {
      const pool = createPool();
      pool.use(() => of(1)).subscribe();
      sdk.instrument(pool);
      inside(caller, () => pool.use(() => of(1)).subscribe());
      expect(sdk.spans).toEqual([]);
    });

    it('leave the work of the caller in its own span', () => {
      const pool = createPool();
      sdk.instrument(pool);
      const release = busy(pool);
      let active: string | undefined;
      inside(caller, () => pool.use(() => of((active = trace.getActiveSpan()?.spanContext().spanId))).subscribe());
      release();
      expect(active).toBe(caller.spanContext().spanId);
    });

    it('of an acquire that times out or is rejected, later or at once, have the error', async () => {
      const pool = createPool({ maxPending: 1 });
      sdk.instrument(pool);
      busy(pool);
      await new Promise((resolve) => pool.acquire({ acquireTimeout: 1 }).subscribe({ error: resolve }));
      const failing = (): void => void pool.acquire().subscribe(quiet);
      inside(caller, failing);
      inside(caller, failing);
      await pool.destroy({ timeout: 0 });
      const failed = sdk.spans.filter(({ name }) => name === 'acquire db');
      expect(failed.map(({ attributes }) => attributes['error.type'])).toEqual([
        'POOL_EXHAUSTED',
        'POOL_EXHAUSTED',
        'INVALID_POOL',
      ]);
      for (const { status, events } of failed) {
        expect(status).toEqual({ code: SpanStatusCode.ERROR, message: jasmine.stringContaining("Pool 'db'") });
        expect(events.map(({ name }) => name)).toEqual(['exception']);
      }
      const parents = failed.map(({ parentSpanContext }) => parentSpanContext?.spanId);
      expect(parents).toEqual([undefined, caller.spanContext().spanId, caller.spanContext().spanId]);
    });

    it('of an acquire that began before do not exist', () => {
      const pool = createPool();
      const release = busy(pool);
      pool.use(() => of(1)).subscribe();
      sdk.instrument(pool);
      release();
      expect(sdk.spans).toEqual([]);
    });

    it('of an acquire that is cancelled end without an error', () => {
      const pool = createPool();
      sdk.instrument(pool);
      busy(pool);
      pool.acquire().subscribe().unsubscribe();
      const { status, events } = sdk.span('acquire db');
      expect(status.code).toBe(SpanStatusCode.UNSET);
      expect(events.map(({ name }) => name)).toEqual(['cancelled']);
    });

    it('of a connect have no parent, and the connector runs inside; the acquire that waited for it has a link', () => {
      let active: Span | undefined;
      const { connect } = scriptedTarget({ openAfter: 5 });
      marbles(({ flush }) => {
        const pool = createPool({
          connect: () => {
            active = trace.getActiveSpan();
            return connect();
          },
        });
        sdk.instrument(pool);
        inside(caller, () => {
          pool.use(() => of(1)).subscribe();
          pool.use(() => of(1)).subscribe();
        });
        flush();
      });
      const opened = sdk.span('connect db');
      expect(opened.parentSpanContext).toBeUndefined();
      expect(opened.kind).toBe(SpanKind.CLIENT);
      expect(active?.spanContext().spanId).toBe(opened.spanContext().spanId);
      const acquires = sdk.spans.filter(({ name }) => name === 'acquire db');
      expect(acquires.map(({ links }) => links.map(({ context: { spanId } }) => spanId))).toEqual([
        [opened.spanContext().spanId],
        [],
      ]);
    });

    it('of a connect that fails, or throws what cannot be read, have the error', () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      const errors = [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), dead, 'no', undefined, proxy];
      for (const error of errors) {
        const pool = createPool({
          connect: () =>
            new Observable((subscriber) => {
              subscriber.error(error);
            }),
          breaker: { failures: 1, probeAfter: 1_000_000 },
        });
        sdk.instrument(pool);
        pool.use(() => of(1)).subscribe(quiet);
      }
      const connects = sdk.spans.filter(({ name }) => name === 'connect db');
      expect(connects.map(({ attributes }) => attributes['error.type'])).toEqual([
        'ECONNREFUSED',
        'Error',
        '_OTHER',
        '_OTHER',
        '_OTHER',
      ]);
      expect(connects.every(({ status }) => status.code === SpanStatusCode.ERROR)).toBeTrue();
    });

    it('of a connect that is abandoned end', async () => {
      const pool = createPool({ connect: () => NEVER });
      sdk.instrument(pool);
      pool.acquire().subscribe(quiet);
      await pool.destroy();
      expect(sdk.span('connect db').events.map(({ name }) => name)).toEqual(['cancelled']);
    });

    it('that are open end with unsubscribe, and the pool goes on', () => {
      const pool = createPool();
      const instrumentation = sdk.instrument(pool);
      const release = busy(pool);
      const served: number[] = [];
      pool.use(() => of(1)).subscribe((value) => served.push(value));
      instrumentation.unsubscribe();
      expect(sdk.spans.map(({ name }) => name)).toEqual(['connect db', 'acquire db']);
      release();
      expect(served).toEqual([1]);
      pool.acquire().subscribe();
      expect(sdk.spans.length).toBe(2);
    });
  });

  it('takes the global providers by default', async () => {
    metrics.setGlobalMeterProvider(sdk.meterProvider);
    trace.setGlobalTracerProvider(sdk.tracerProvider);
    try {
      const pool = createPool();
      instrumentPool(pool);
      pool.use(() => of(1)).subscribe();
      expect(await sdk.points('db.client.connection.limit')).toEqual([[1, ofPool]]);
      expect(sdk.spans.map(({ name }) => name)).toEqual(['connect db']);
    } finally {
      metrics.disable();
      trace.disable();
    }
  });

  it('does nothing where OpenTelemetry is not set up, and the pool works', () => {
    const pool = createPool();
    const instrumentation = instrumentPool(pool);
    const release = busy(pool);
    const served: number[] = [];
    pool.use(() => of(1)).subscribe((value) => served.push(value));
    release();
    expect(served).toEqual([1]);
    expect(instrumentation.closed).toBeFalse();
  });

  it('is closed at once for a pool that is destroyed', async () => {
    const pool = createPool();
    await pool.destroy();
    expect(sdk.instrument(pool).closed).toBeTrue();
    expect(await sdk.points('db.client.connection.limit')).toEqual([[0, ofPool]]);
  });

  it('cannot harm the pool by a tracer that throws: its error is reported', async () => {
    const unhandled: unknown[] = [];
    const { reportError } = globalThis as { reportError?: unknown };
    const broken = new Error('the tracer is broken');
    const tracer = {
      startSpan: () => {
        throw broken;
      },
    };
    const pool = createPool();
    const seen = new Promise((resolve) => {
      process.setUncaughtExceptionCaptureCallback((error) => {
        unhandled.push(error);
        resolve(undefined);
      });
    });
    try {
      instrumentPool(pool, { tracerProvider: { getTracer: () => tracer as never } });
      const served: number[] = [];
      pool.use(() => of(1)).subscribe((value) => served.push(value));
      expect(served).toEqual([1]);
      await seen;
      expect(unhandled[0]).toBe(broken);
      expect(reportError).toBeUndefined();
    } finally {
      process.setUncaughtExceptionCaptureCallback(null);
    }
  });

  it('refuses wrong arguments, and names all of them', () => {
    expect(() =>
      instrumentPool({} as never, { prefix: '', meterProvider: {} as never, tracers: 1 } as never),
    ).toThrowMatching(
      ({ code, issues }: { code: string; issues: string[] }) =>
        code === 'INVALID_CONFIG' &&
        issues.length === 4 &&
        issues[0]!.startsWith('the first argument must be a pool made by createPool, but got an object') &&
        issues.some((issue) => issue.startsWith('prefix must begin with a letter')) &&
        issues.some((issue) => issue.startsWith('meterProvider must have the method getMeter')) &&
        issues.some((issue) => issue.startsWith('tracers is not an option')),
    );
    for (const options of [null, 1, [], { attributes: 1 }, { attributes: { a: {} } }, { tracerProvider: null }]) {
      expect(() => instrumentPool(createPool(), options as never)).toThrow(poolError('INVALID_CONFIG'));
    }
  });
});
