/**
 * Metrics and spans of a pool by OpenTelemetry. A service would export them by OTLP; here they are kept in memory and printed at the end.
 *
 *     node --import tsx examples/otel.ts
 */
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider } from '@opentelemetry/sdk-metrics';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { lastValueFrom, Observable, timer } from 'rxjs';
import { createPool } from '../src/index';
import { instrumentPool } from '../src/telemetry/otel/index';

// What the setup of a service does once, with other exporters.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const meterProvider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 60_000 })],
});
const spans = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });

const pool = createPool({
  name: 'orders',
  max: 2,
  connect: () =>
    new Observable<{ query: (ms: number) => Observable<number> }>((subscriber) => {
      const opening = setTimeout(() => {
        subscriber.next({ query: (ms) => timer(ms) });
      }, 30);
      return () => {
        clearTimeout(opening);
      };
    }),
});
const attributes = { 'db.system.name': 'postgresql', 'server.address': 'db-1' };
instrumentPool(pool, { meterProvider, tracerProvider, attributes });

// Four requests, each in a span of its own, share two connections; the last does not wait for long.
const tracer = tracerProvider.getTracer('service');
const request = (name: string, acquireTimeout: number): Promise<void> =>
  tracer.startActiveSpan(name, async (span) => {
    await lastValueFrom(pool.use((db) => db.query(80), { label: name, acquireTimeout })).catch(() => undefined);
    span.end();
  });
await Promise.all([
  request('GET /a', 1_000),
  request('GET /b', 1_000),
  request('GET /c', 1_000),
  request('GET /d', 60),
]);

await meterProvider.forceFlush();
const finished = spans.getFinishedSpans();
const nameOf = (id: string | undefined): string =>
  finished.find((span) => span.spanContext().spanId === id)?.name ?? 'none';
console.log('Spans');
for (const { name, parentSpanContext, links, attributes: own, status, duration } of finished) {
  if (!/^(acquire|connect) /.test(name)) continue;
  const ms = Math.round(duration[0] * 1_000 + duration[1] / 1_000_000);
  const waitedFor = links.map((link) => nameOf(link.context.spanId)).join();
  const details = [
    `parent ${nameOf(parentSpanContext?.spanId)}`,
    ...(waitedFor === '' ? [] : [`link to ${waitedFor}`]),
    ...(status.message === undefined ? [] : [String(own['error.type'])]),
  ];
  console.log(`  ${name.padEnd(16)} ${String(ms).padStart(4)} ms  ${details.join(', ')}`);
}
console.log('Metrics');
for (const { descriptor, dataPoints } of metrics.getMetrics()[0]!.scopeMetrics[0]!.metrics) {
  for (const { value, attributes: own } of dataPoints) {
    const state = own['db.client.connection.state'];
    const shown = typeof value === 'number' ? value : `${value.count} values`;
    console.log(`  ${descriptor.name.padEnd(40)} ${shown}${state === undefined ? '' : ` ${state as string}`}`);
  }
}

await pool.destroy();
await meterProvider.shutdown();
trace.disable();
