import type { Attributes, MeterProvider, TracerProvider } from '@opentelemetry/api';
import { metrics, trace } from '@opentelemetry/api';
import { isPool, poolIssues } from '../../diagnosis/pool-watch';
import { InvalidConfigError } from '../../pool/errors';
import { describeValue } from '../../pool/values/describe';
import { optionIssues } from '../../pool/values/option-issues';
import type { OptionCheck } from '../../pool/values/option-issues';
import { readOptions } from '../../pool/values/read-options';
import { defaultPrefix } from './metric-names';

/** Where the metrics and spans of a pool go, and what they are called. */
export interface InstrumentationOptions {
  /** Makes the meter. Default: the global provider at the time of the call, so register the SDK before. */
  meterProvider?: MeterProvider | undefined;
  /** Makes the tracer. Default: the global provider. */
  tracerProvider?: TracerProvider | undefined;
  /** Attributes of all metrics and spans, such as `{ 'db.system.name': 'postgresql', 'server.address': 'db-1' }`. Default: none. */
  attributes?: Attributes | undefined;
  /**
   * What the names of metrics and attributes begin with. Default `'db.client.connection'`, as in the semantic conventions; for a pool of other
   * connections perhaps `'rpc.client.connection'`.
   */
  prefix?: string | undefined;
}

export interface ResolvedInstrumentation {
  readonly meterProvider: MeterProvider;
  readonly tracerProvider: TracerProvider;
  readonly attributes: Attributes;
  readonly prefix: string;
}

/** OpenTelemetry's rule for the names of instruments, of at most 255 letters: 25 are left for what follows the prefix. */
const prefixPattern = /^[a-z][\w./-]{0,229}(?<![./-])$/i;

const providerIssue = (name: string, method: string, value: unknown): string | null =>
  typeof (value as Record<string, unknown> | null)?.[method] === 'function'
    ? null
    : `${name} must have the method ${method}, as the providers of OpenTelemetry do, but got ${describeValue(value)}`;

const isAttribute = (value: unknown): boolean =>
  value === undefined ||
  ['string', 'number', 'boolean'].includes(typeof value) ||
  (Array.isArray(value) && value.every((part) => part === null || isAttribute(part)));

const checks: Readonly<Record<keyof InstrumentationOptions, OptionCheck>> = {
  meterProvider: (value) => providerIssue('meterProvider', 'getMeter', value),
  tracerProvider: (value) => providerIssue('tracerProvider', 'getTracer', value),
  attributes: (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isAttribute)
      ? null
      : `attributes must be an object of texts, numbers, booleans or arrays of them, but got ${describeValue(value)}`,
  prefix: (value) =>
    typeof value === 'string' && prefixPattern.test(value)
      ? null
      : `prefix must begin with a letter and consist of letters, digits and _ . - /, such as '${defaultPrefix}', but got ${describeValue(value)}`,
};

/** Throws an `InvalidConfigError` that names everything that is wrong. */
export function resolveInstrumentation(pool: unknown, given: unknown): ResolvedInstrumentation {
  const issues = poolIssues(pool);
  let options: InstrumentationOptions = {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    issues.push(`options must be an object such as { meterProvider, tracerProvider }, but got ${describeValue(given)}`);
  } else {
    options = readOptions(given, Object.keys(checks));
    issues.push(...optionIssues(options, checks));
  }
  if (issues.length > 0) {
    const name = isPool(pool) ? pool.name : 'pool';
    throw new InvalidConfigError(name, 'instrumentPool cannot begin', issues);
  }
  return {
    meterProvider: options.meterProvider ?? metrics.getMeterProvider(),
    tracerProvider: options.tracerProvider ?? trace.getTracerProvider(),
    attributes: options.attributes ?? {},
    prefix: options.prefix ?? defaultPrefix,
  };
}
