import type { Frame, RunRow } from '../frames';
import { perSecond, signs, time, words } from './format';
import { Spark } from './spark';
import { failures, operations, ratesOf } from '../series';
import { Text } from './text';

/** The state of a pool in a sentence, and the next step. */
export function Sentence({ frame, name }: { readonly frame: Frame; readonly name: string }) {
  const { severity, condition, sentence, advice } = frame.diagnosis;
  return (
    <section class={`sentence ${severity}`} aria-live="polite" aria-label={`State of ${name}`}>
      <p class="what">
        <Badge severity={severity} condition={condition} />{' '}
        <b class="name" title={name} dir="auto">
          {name}
        </b>
      </p>
      <p class="conclusion">
        <Text>{sentence}</Text>
      </p>
      {advice !== '' && (
        <p class="advice">
          <span aria-hidden="true">→ </span>
          <Text>{advice}</Text>
        </p>
      )}
    </section>
  );
}

export function Badge({ severity, condition }: { readonly severity: string; readonly condition: string }) {
  return (
    <span class={`badge ${severity}`}>
      <span aria-hidden="true">{signs[severity]} </span>
      {words[condition] ?? condition}
    </span>
  );
}

export function Numbers({ frames }: { readonly frames: readonly Frame[] }) {
  const last = frames.at(-1);
  if (last === undefined) return null;
  const { stats, wait } = last;
  const served = ratesOf(frames, operations);
  const failed = ratesOf(frames, failures);
  const parts = [
    stats.openingConnections > 0 && `${stats.openingConnections} opening`,
    stats.closingConnections > 0 && `${stats.closingConnections} closing`,
    `${stats.totalConnections} open`,
  ].filter((part) => part !== false);
  return (
    <dl class="numbers">
      <div class={stats.activeLeases >= stats.leaseCapacity ? 'full' : ''}>
        <dt>In use</dt>
        <dd>
          {stats.inUseConnections}
          <small> of {stats.maxConnections}</small>
        </dd>
        <meter min={0} max={stats.maxConnections} value={stats.inUseConnections} aria-label="Connections in use" />
        <p>{parts.join(', ')}</p>
      </div>
      <div class={stats.pendingAcquires > 0 ? 'some' : ''}>
        <dt>Waiting</dt>
        <dd>{stats.pendingAcquires}</dd>
        <Spark values={frames.map((frame) => frame.stats.pendingAcquires)} />
      </div>
      <div>
        <dt>p99 wait</dt>
        <dd>{wait.count === 0 ? '–' : time(wait.p99)}</dd>
        <Spark values={frames.map((frame) => frame.wait.p99)} />
      </div>
      <div>
        <dt>Leases ended a second</dt>
        <dd>{perSecond(served.at(-1) ?? 0)}</dd>
        <Spark values={served} />
      </div>
      <div class={(failed.at(-1) ?? 0) > 0 ? 'bad' : ''}>
        <dt>Failures a second</dt>
        <dd>{perSecond(failed.at(-1) ?? 0)}</dd>
        <Spark values={failed} />
      </div>
    </dl>
  );
}

/** A stress test, or a simulation: the thresholds, and whether they were met. */
export function Run({ run, withVerdict }: { readonly run: RunRow; readonly withVerdict: boolean }) {
  return (
    <section class={`run ${run.passed ? 'ok' : 'warning'}`} aria-label="Thresholds">
      <p>
        <b>{run.phase === 'done' ? (run.passed ? 'Passed' : 'Not passed') : run.phase}</b>, {time(run.elapsed)}
        {withVerdict ? `: ${run.verdict}` : ''}
      </p>
      <ul>
        {run.thresholds.map(({ threshold, passed, summary }) => (
          <li key={threshold} class={passed ? 'ok' : 'critical'}>
            <span aria-hidden="true">{passed ? '✓' : '✕'} </span>
            <code>{threshold}</code> {passed ? 'holds' : 'does not hold'}: {summary}
          </li>
        ))}
        {run.violations.map((violation) => (
          <li key={violation} class="critical">
            ✕ {violation}
          </li>
        ))}
      </ul>
    </section>
  );
}
