import { useState } from 'preact/hooks';
import { heatBounds } from '../frames';
import type { Frame } from '../frames';
import { Canvas } from './canvas';
import { Chart } from './chart';
import { clock, time } from './format';
import { Choice, Panel } from './panel';
import { useTheme } from './use-theme';

const height = 190;
const gutter = 58;
const axis = 20;

type What = 'wait' | 'use' | 'open';

const titles: Readonly<Record<What, string>> = {
  wait: 'waits for a lease',
  use: 'time that leases are held',
  open: 'time that connects take',
};

/** `isRun`: the frames of a report, which has only the medians and the 99th percentiles of waits. */
export function Waits({ frames, isRun }: { readonly frames: readonly Frame[]; readonly isRun: boolean }) {
  const [what, setWhat] = useState<What>('wait');
  const theme = useTheme();
  const last = frames.at(-1);
  const x = frames.map(({ at }) => at);
  const highest = Math.max(
    18,
    ...frames.flatMap((frame) => frame[what].cells.map(([bucket]) => bucket + 1)),
    ...frames.map((frame) => bucketOf(frame[what].p99)),
  );
  const lowest = 0;
  const most = Math.max(1, ...frames.flatMap((frame) => frame[what].cells.map(([, count]) => count)));
  const yOf = (bucket: number): number => (height - axis) * (1 - (bucket - lowest) / (highest - lowest + 1));

  const draw = (context: CanvasRenderingContext2D, width: number): void => {
    context.clearRect(0, 0, width, height);
    context.fillStyle = theme('lane');
    context.fillRect(gutter, 0, width - gutter, height - axis);
    const column = (width - gutter) / Math.max(1, frames.length);
    const row = yOf(0) - yOf(1);
    context.fillStyle = theme('heat');
    for (const [index, frame] of frames.entries()) {
      for (const [bucket, count] of frame[what].cells) {
        context.globalAlpha = 0.15 + 0.85 * (Math.log(count + 1) / Math.log(most + 1));
        context.fillRect(gutter + index * column, yOf(bucket + 1), Math.ceil(column), Math.ceil(row));
      }
    }
    context.globalAlpha = 1;
    for (const [name, dash] of [
      ['p50', [1, 3]],
      ['p90', [4, 3]],
      ['p99', []],
    ] as const) {
      if (isRun && name === 'p90') continue;
      context.strokeStyle = theme('text');
      context.lineWidth = name === 'p99' ? 1.6 : 1;
      context.setLineDash(dash as unknown as number[]);
      context.beginPath();
      let isDrawing = false;
      for (const [index, frame] of frames.entries()) {
        const heat = frame[what];
        if (heat.count === 0) {
          isDrawing = false;
          continue;
        }
        const left = gutter + (index + 0.5) * column;
        const top = yOf(bucketOf(heat[name]));
        if (isDrawing) context.lineTo(left, top);
        else context.moveTo(left, top);
        isDrawing = true;
      }
      context.stroke();
    }
    context.setLineDash([]);
    context.fillStyle = theme('dim');
    context.textAlign = 'right';
    for (const ms of [1, 10, 100, 1_000, 10_000, 60_000]) {
      const y = yOf(bucketOf(ms));
      if (y > 4) context.fillText(time(ms), gutter - 8, Math.max(8, y));
    }
    context.textAlign = 'left';
    const [first] = x;
    if (first !== undefined && last !== undefined) {
      context.fillText(clock(first), gutter, height - axis / 2 + 2);
      context.textAlign = 'right';
      context.fillText(clock(last.at), width, height - axis / 2 + 2);
      context.textAlign = 'left';
    }
  };

  const heat = last?.[what];
  const summary =
    heat === undefined || heat.count === 0
      ? 'none in the last period'
      : isRun
        ? `p50 ${time(heat.p50)}, p99 ${time(heat.p99)} in the last period`
        : `p50 ${time(heat.p50)}, p90 ${time(heat.p90)}, p99 ${time(heat.p99)}, longest ${time(heat.max)}`;
  return (
    <Panel
      title="Waiting"
      id="waits"
      when="Act when the p99 line is above what your callers can bear. A dark band that climbs while use stays flat: too few connections. Use that climbs with it: slow work."
      extra={
        !isRun && (
          <Choice
            name="what"
            legend="Show"
            options={[
              ['wait', 'Wait'],
              ['use', 'Use'],
              ['open', 'Connect'],
            ]}
            value={what}
            onChange={setWhat}
          />
        )
      }
    >
      <Chart
        x={x}
        series={[
          {
            name: 'callers waiting',
            color: 'accent',
            values: frames.map(({ stats }) => stats.pendingAcquires),
            fill: true,
          },
        ]}
        height={110}
        whole
        show={(value) => String(value)}
        showX={clock}
        label={`Callers waiting: ${last?.stats.pendingAcquires ?? 0} now.`}
      />
      <h3>
        {titles[what]}: {summary}
      </h3>
      <Canvas height={height} draw={draw} label={`${isRun ? 'Lines' : 'Heat map'} of ${titles[what]}: ${summary}.`} />
      <p class="key">
        {isRun
          ? 'Lines: p99 solid, p50 dotted. Log scale.'
          : 'Lines: p99 solid, p90 dashed, p50 dotted. The darker a cell, the more callers. Log scale.'}
      </p>
    </Panel>
  );
}

/** The position of a time between the bounds of the buckets. */
const bucketOf = (ms: number): number =>
  ms <= 0 ? 0 : Math.max(0, Math.min(heatBounds.length, 2 * (Math.log2(ms) + 3) + 1));
