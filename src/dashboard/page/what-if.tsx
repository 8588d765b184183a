import { useState } from 'preact/hooks';
import type { CapacityPlan } from '../../simulation/plan-capacity';
import { besides } from '../client/stream';
import { Chart } from './chart';
import { time } from './format';
import { Panel } from './panel';
import { whatIfSentence } from '../what-if-sentence';

interface WhatIfProps {
  readonly base: string;
  readonly pool: number;
  readonly max: number;
  /** Whether the server has the load of the pool that is shown. */
  readonly isKnown: boolean;
}

export function WhatIf({ base, pool, max, isKnown }: WhatIfProps) {
  const [target, setTarget] = useState('20');
  const [answer, setAnswer] = useState<{
    readonly pool: number;
    readonly plan?: CapacityPlan;
    readonly problem?: string;
  } | null>(null);
  const [isAsking, setAsking] = useState(false);
  const ask = async (): Promise<void> => {
    setAsking(true);
    try {
      const response = await fetch(besides(base, 'what-if', { pool: String(pool), target }));
      setAnswer(
        response.ok
          ? { pool, plan: (await response.json()) as CapacityPlan }
          : { pool, problem: await response.text() },
      );
    } catch (error) {
      setAnswer({ pool, problem: `No answer: ${String(error)}` });
    }
    setAsking(false);
  };
  const shown = answer?.pool === pool ? answer : null;
  const points = shown?.plan?.points ?? [];
  return (
    <Panel
      title="What if"
      id="what-if"
      when="The load of the last minutes, put to the simulator with other numbers of connections. Act on it when callers wait because all leases are lent; for a leak or a dead target no max helps."
    >
      {isKnown ? (
        <form
          class="ask"
          onSubmit={(event) => {
            event.preventDefault();
            void ask();
          }}
        >
          <label>
            p99 wait under{' '}
            <input
              type="number"
              min="0.1"
              step="any"
              required
              value={target}
              onInput={(event) => setTarget(event.currentTarget.value)}
            />{' '}
            ms
          </label>
          <button type="submit" disabled={isAsking}>
            {isAsking ? 'Simulating …' : 'How many connections?'}
          </button>
        </form>
      ) : (
        <p class="blank">
          The server does not have this file. Open it by “rxjs-connection-pool dashboard FILE” to ask what another max
          would do.
        </p>
      )}
      <div aria-live="polite">
        {shown?.problem !== undefined && <p class="problem">{shown.problem}</p>}
        {shown?.plan && <p class="conclusion">{whatIfSentence(shown.plan, max)}</p>}
      </div>
      {points.length > 1 && (
        <div class="pair">
          <Chart
            x={points.map((point) => point.max)}
            series={[
              { name: 'p99 wait', color: 'accent', values: points.map(({ waitP99 }) => Math.max(0.1, waitP99)) },
              {
                name: 'mean wait',
                color: 'dim',
                values: points.map(({ waitMean }) => Math.max(0.1, waitMean)),
                dash: [4, 3],
              },
            ]}
            height={190}
            log
            points
            show={time}
            showX={(value) => `max ${value}`}
            label="Wait by number of connections"
          />
          <div class="scroll" tabIndex={0} role="region" aria-label="Wait by number of connections">
            <table>
              <thead>
                <tr>
                  <th scope="col">max</th>
                  <th scope="col">p99 wait</th>
                  <th scope="col">lent</th>
                  <th scope="col">without a connection</th>
                </tr>
              </thead>
              <tbody>
                {points.map((point) => (
                  <tr
                    key={point.max}
                    class={point.max === max ? 'today' : point.max === shown?.plan?.max ? 'best' : ''}
                  >
                    <td>
                      {point.max}
                      {point.max === max ? ' (today)' : point.max === shown?.plan?.max ? ' ✓' : ''}
                    </td>
                    <td>{time(point.waitP99)}</td>
                    <td>{Math.round(point.utilisation * 100)} %</td>
                    <td>{Math.round(point.unserved.value * 1_000) / 10} %</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
      )}
    </Panel>
  );
}
