import { useMemo, useState } from 'preact/hooks';
import type { Frame } from '../frames';
import { Canvas } from './canvas';
import { count } from '../../diagnosis/words';
import { clock, time } from './format';
import { folded, labelsOf, lanesOf, legendOf } from '../lane-rows';
import type { Bar, End, Fold, Lanes as AllLanes } from '../lane-rows';
import { Panel } from './panel';
import { useTheme } from './use-theme';

const laneHeight = 20;
const gutter = 58;
const axis = 20;
/** Colours of labels; more share the last one. */
const palette = 8;

const unplanned = new Set(['lost', 'discarded', 'outlier', 'validate', 'reset', 'openFailed']);

interface Hovered {
  readonly bar?: Bar | undefined;
  readonly end?: End | undefined;
  readonly x: number;
  readonly y: number;
  /** Of the drawing. */
  readonly width: number;
}

export function Lanes({
  frames,
  span,
  isRun,
}: {
  readonly frames: readonly Frame[];
  readonly span: number;
  readonly isRun: boolean;
}) {
  const theme = useTheme();
  const [hovered, setHovered] = useState<Hovered | null>(null);
  const lanes = useMemo(() => lanesOf(frames), [frames]);
  const folds = useMemo(() => folded(lanes.rows), [lanes]);
  const labels = useMemo(() => labelsOf(lanes.rows), [lanes]);
  if (isRun && lanes.rows.length === 0) return null;
  const colorOf = (label: string): string => `label-${Math.min(palette - 1, Math.max(0, labels.indexOf(label)))}`;
  const begin = lanes.end - span;
  const scale = (width: number) => (at: number) => gutter + ((at - begin) / span) * (width - gutter);
  const height = Math.max(1, folds.length) * laneHeight + axis;

  const draw = (context: CanvasRenderingContext2D, width: number): void => {
    const x = scale(width);
    context.clearRect(0, 0, width, height);
    drawGrid(context, lanes, folds.length, width, x, theme, begin, span);
    for (const [index, fold] of folds.entries()) {
      const y = index * laneHeight;
      context.fillStyle = theme('dim');
      context.textAlign = 'right';
      context.fillText(fold.title, gutter - 8, y + laneHeight / 2);
      context.textAlign = 'left';
      drawFold(context, fold, y, x, width, theme, colorOf);
    }
  };

  const onPoint = (point: { x: number; y: number } | null): void => {
    const fold = point === null ? undefined : folds[Math.floor(point.y / laneHeight)];
    if (point === null || fold === undefined) {
      setHovered(null);
      return;
    }
    const width = document.querySelector('.lanes canvas')?.clientWidth ?? 1;
    const x = scale(width);
    const end = fold.rows.flatMap(({ ends }) => ends).find(({ at }) => Math.abs(x(at) - point.x) <= 5);
    const bar = fold.rows
      .flatMap(({ bars }) => bars)
      .filter(({ from, to }) => x(from) - 1 <= point.x && x(to) + 1 >= point.x)
      .sort((a, b) => a.to - a.from - (b.to - b.from))[0];
    setHovered(bar === undefined && end === undefined ? null : { bar, end, ...point, width });
  };

  const ongoing = lanes.rows.flatMap(({ bars }) => bars).filter(({ open }) => open);
  const longest = [...ongoing].sort((a, b) => a.from - b.from)[0];
  const summary =
    `${count(lanes.rows.length, 'lane')}, ${ongoing.length} busy now` +
    (longest === undefined
      ? ''
      : `, the longest for ${time(longest.to - longest.from)}${longest.label === '' ? '' : ` by ${longest.label}`}`);

  return (
    <Panel
      title="Connections"
      id="lanes"
      when="Act when a bar does not end (a leak: its label names the holder), when lanes are made of short pieces (reconnecting: the ✕ says why), or when all lanes are full and callers wait."
    >
      <div class="legend" aria-hidden="true">
        {legendOf(labels, palette).map((text, index) => (
          <span key={text} class="label">
            <i class={`swatch label-${index}`} />
            <bdi>{text}</bdi>
          </span>
        ))}
        <span>
          <i class="swatch many" />
          many short leases
        </span>
        <span>
          <i class="swatch connect" />
          connect
        </span>
        <span>
          <i class="swatch check" />
          validate, reset
        </span>
        <span>
          <i class="swatch close" />
          close
        </span>
        <span>
          <b class="end">✕</b> lost, discarded, failed
        </span>
      </div>
      <div class="lanes">
        <Canvas
          height={height}
          draw={draw}
          label={`Lanes of connections over ${time(span)}: ${summary}.`}
          onPoint={onPoint}
        />
        {hovered && <Tip {...hovered} />}
        {lanes.rows.length === 0 && <p class="blank">No connection has been opened.</p>}
      </div>
      <details>
        <summary>As text: {summary}</summary>
        <ul>
          {ongoing.slice(0, 60).map((bar) => (
            <li key={`${bar.connection} ${bar.from}`}>{describe(bar)}</li>
          ))}
          {lanes.rows
            .flatMap(({ ends }) => ends)
            .slice(-20)
            .map((end) => (
              <li key={`${end.connection} ${end.at} ${end.reason}`}>{describeEnd(end)}</li>
            ))}
        </ul>
      </details>
    </Panel>
  );
}

const kinds = {
  connect: 'connecting',
  lease: 'lent',
  validate: 'being validated',
  reset: 'being reset',
  close: 'closing',
};

function describe({ connection, kind, from, to, leases, label, open }: Bar): string {
  if (leases > 1)
    return `Connection ${connection}: ${leases} leases${label === '' ? '' : ` of ${label}`} in ${time(to - from)}`;
  const recipient = kind === 'lease' ? ` to ${label === '' ? 'a caller without a label' : label}` : '';
  return `Connection ${connection}: ${kinds[kind]}${recipient} for ${time(to - from)}${open ? ', still' : ''}`;
}

const describeEnd = ({ connection, at, reason, cause }: End): string =>
  `Connection ${connection}: ${reason === 'openFailed' ? 'connect failed' : reason} at ${clock(at)}${cause === '' ? '' : ` (${cause})`}`;

function Tip({ bar, end, x, y, width }: Hovered) {
  // At the edges of the drawing it stays inside.
  const transform = `translateX(-${((100 * x) / width).toFixed(1)}%)`;
  return (
    <div class="tip" style={{ left: `${x}px`, top: `${y + 14}px`, transform }}>
      {end && <div>{describeEnd(end)}</div>}
      {bar && <div>{describe(bar)}</div>}
    </div>
  );
}

type Theme = (name: string) => string;

function drawGrid(
  context: CanvasRenderingContext2D,
  lanes: AllLanes,
  rows: number,
  width: number,
  x: (at: number) => number,
  theme: Theme,
  begin: number,
  span: number,
): void {
  const bottom = rows * laneHeight;
  context.fillStyle = theme('lane');
  for (let i = 0; i < rows; i++) context.fillRect(gutter, i * laneHeight + 3, width - gutter, laneHeight - 6);
  context.fillStyle = theme('gap');
  for (const [from, to] of lanes.gaps) context.fillRect(x(from), 0, Math.max(1, x(to) - x(from)), bottom);
  context.strokeStyle = theme('line');
  context.fillStyle = theme('dim');
  context.textAlign = 'center';
  const ticks = Math.max(2, Math.min(6, Math.floor((width - gutter) / 110)));
  for (let i = 0; i <= ticks; i++) {
    const at = begin + (span * i) / ticks;
    const left = Math.round(x(at)) + 0.5;
    context.beginPath();
    context.moveTo(left, 0);
    context.lineTo(left, bottom);
    context.stroke();
    const text = i === ticks ? clock(lanes.end) : `−${time(span - (span * i) / ticks)}`;
    context.textAlign = i === 0 ? 'left' : i === ticks ? 'right' : 'center';
    context.fillText(text, left, bottom + axis / 2 + 2);
  }
  context.textAlign = 'left';
}

function drawFold(
  context: CanvasRenderingContext2D,
  fold: Fold,
  y: number,
  x: (at: number) => number,
  width: number,
  theme: Theme,
  colorOf: (label: string) => string,
): void {
  // Folded lanes are drawn transparent over each other: the more of them are busy, the darker.
  context.globalAlpha = fold.rows.length > 1 ? Math.max(0.08, 1 / fold.rows.length) : 1;
  for (const { bars } of fold.rows) {
    for (const bar of bars) drawBar(context, bar, y, x, width, theme, colorOf);
  }
  context.globalAlpha = 1;
  for (const { ends } of fold.rows) {
    for (const { at, reason } of ends) {
      const left = x(at);
      if (left < gutter) continue;
      context.fillStyle = unplanned.has(reason) ? theme('critical') : theme('dim');
      context.textAlign = 'center';
      context.fillText(unplanned.has(reason) ? '✕' : '❘', left, y + laneHeight / 2 + 1);
      context.textAlign = 'left';
    }
  }
}

function drawBar(
  context: CanvasRenderingContext2D,
  { kind, from, to, leases, label, open }: Bar,
  y: number,
  x: (at: number) => number,
  width: number,
  theme: Theme,
  colorOf: (label: string) => string,
): void {
  const left = Math.max(gutter, x(from));
  const right = Math.min(width, Math.max(x(to), left + 1));
  if (right <= gutter || right <= left) return;
  const length = right - left;
  if (kind !== 'lease') {
    context.fillStyle = theme(kind === 'connect' ? 'connect' : kind === 'close' ? 'close' : 'check');
    const thin = kind === 'connect' ? 8 : 6;
    context.fillRect(left, y + (laneHeight - thin) / 2, length, thin);
    return;
  }
  context.fillStyle = theme(colorOf(label));
  if (leases > 1) {
    // Several short leases in one bar: lower, and divided by lines, so that they do not look like one long lease.
    context.fillRect(left, y + 6, length, laneHeight - 12);
    context.fillStyle = theme('lane');
    for (let at = left + 3; at < right - 1; at += 4) context.fillRect(at, y + 6, 1, laneHeight - 12);
    return;
  }
  context.fillRect(left, y + 3, length, laneHeight - 6);
  const text = `${label === '' ? '' : `${label} · `}${time(to - from)}${open ? ' …' : ''}`;
  if (to - from > 500 && context.measureText(text).width < length - 8) {
    context.fillStyle = theme('on-label');
    context.fillText(text, left + 4, y + laneHeight / 2 + 1);
  }
}
