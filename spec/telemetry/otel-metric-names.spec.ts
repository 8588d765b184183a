import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  connectionStates,
  defaultPrefix,
  poolAttributes,
  connectionMetrics,
  semanticConventionsVersion,
  withPrefix,
} from '../../src/telemetry/otel/metric-names';

const entry = createRequire(import.meta.url).resolve('@opentelemetry/semantic-conventions/incubating');
const read = (file: string): string => readFileSync(new URL(file, `file://${entry}`), 'utf8');

/** The descriptions and names in the declarations of OpenTelemetry's own package. */
function described(declarations: string): Map<string, string> {
  const found = declarations.matchAll(
    /\/\*\*\n \* (?<text>[^\n]+)\n(?: \*[^\n]*\n)*?declare const \w+: "(?<name>[^"]+)"/g,
  );
  return new Map([...found].map(({ groups }) => [groups!['name']!, groups!['text']!]));
}

describe('the names of the metrics', () => {
  const conventions = described(read('experimental_metrics.d.cts'));

  it('are copied from the version of the conventions that is installed', () => {
    const { version } = JSON.parse(read('../package.json')) as { version: string };
    expect(semanticConventionsVersion).toBe(version);
  });

  it('are all names that the conventions have for pools, with their descriptions', () => {
    const theirs = [...conventions].filter(([name]) => name.startsWith(`${defaultPrefix}.`)).sort();
    const ours = Object.values(connectionMetrics).map(({ name, description }): [string, string] => [name, description]);
    expect(theirs).toHaveSize(10);
    expect(ours.sort()).toEqual(theirs);
  });

  it('have the attributes and states of the conventions', () => {
    const attributes = read('experimental_attributes.d.cts');
    for (const name of [...Object.values(poolAttributes), ...Object.values(connectionStates)]) {
      expect(attributes).toContain(`: "${name}";`);
    }
  });

  it('take another prefix', () => {
    expect(withPrefix(connectionMetrics.idleMax.name, 'rpc.client.connection')).toBe('rpc.client.connection.idle.max');
    expect(withPrefix(poolAttributes.poolName, 'rpc')).toBe('rpc.pool.name');
  });
});
