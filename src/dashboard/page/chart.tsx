import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useTheme } from './use-theme';

export interface Series {
  readonly name: string;
  readonly color: string;
  readonly values: readonly (number | null)[];
  readonly dash?: readonly number[];
  readonly fill?: boolean;
}

/** The constant exists only in uPlot's types, not in its code. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const logarithmic = 3 as number as uPlot.Scale.Distr.Logarithmic;

const wholeSteps = Array.from({ length: 8 }, (_, i) => [1, 2, 5].map((step) => step * 10 ** i)).flat();

interface ChartProps {
  readonly x: readonly number[];
  readonly series: readonly Series[];
  readonly height: number;
  readonly show: (value: number) => string;
  readonly showX: (value: number) => string;
  readonly log?: boolean;
  readonly points?: boolean;
  /** Values are whole numbers: no line between them has a label. */
  readonly whole?: boolean;
  readonly label: string;
}

/** Lines over time, by uPlot. */
export function Chart({
  x,
  series,
  height,
  show,
  showX,
  log = false,
  points = false,
  whole = false,
  label,
}: ChartProps) {
  const ref = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = useTheme();
  const shape = series.map(({ name, color }) => `${name}${color}`).join();

  useLayoutEffect(() => {
    const parent = ref.current!;
    const axis = {
      stroke: theme('dim'),
      grid: { stroke: theme('line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui',
    };
    const made = new uPlot(
      {
        width: Math.max(120, parent.clientWidth),
        height,
        cursor: { drag: { x: false, y: false }, points: { show: false } },
        legend: { live: false },
        // On the right for half of the last label.
        padding: [8, 26, 0, 0],
        scales: {
          x: { time: false },
          y: log ? { distr: logarithmic } : { range: (_, __, most) => [0, Math.max(1, most * 1.08)] },
        },
        axes: [
          { ...axis, size: 26, values: (_, values) => values.map((value) => showX(value)), space: 90 },
          {
            ...axis,
            size: 58,
            ...(whole ? { incrs: wholeSteps } : {}),
            values: (_, values) => values.map((value) => (value === null ? '' : show(value))),
          },
        ],
        series: [
          { label: '', value: (_, value) => (value == null ? '' : showX(value)) },
          ...series.map(({ name, color, dash, fill }) => ({
            label: name,
            stroke: theme(color),
            width: 1.5,
            points: { show: points },
            value: (_: uPlot, value: number | null) => (value == null ? '' : show(value)),
            ...(dash === undefined ? {} : { dash: [...dash] }),
            ...(fill ? { fill: `${theme(color)}33` } : {}),
          })),
        ],
      },
      [[...x], ...series.map(({ values }) => [...values])],
      parent,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: Math.max(120, parent.clientWidth), height }));
    observer.observe(parent);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, theme, height, log, points]);

  useEffect(() => {
    plot.current?.setData([[...x], ...series.map(({ values }) => [...values])]);
  });

  return <div ref={ref} class="chart" role="img" aria-label={label} />;
}
