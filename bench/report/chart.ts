/** Curves on logarithmic axes, as an SVG that depends on nothing else in the page. */
import type { Contender } from '../runner/case';
import { short } from './numbers';

export interface Line {
  readonly name: string;
  readonly kind: Contender['kind'];
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 74;
const RIGHT = 200;
const TOP = 52;
const BOTTOM = 58;
/** Of a name beside the end of its line. */
const ROW = 17;

const ink = '#1f2328';
const faint = '#656d76';
const ours = ['#0550ae', '#218bff', '#54aeff'];
const peers = ['#bc4c00', '#8250df', '#1a7f37', '#bf3989', '#9a6700', '#1b7c83'];
const baselines = ['#57606a', '#8c959f'];
const colours = { ours, peer: peers, baseline: baselines };

export function chartAsSvg({ title, x, y, lines }: Chart): string {
  const points = lines.flatMap((line) => line.points);
  const xs = axis(
    points.map(([value]) => value),
    LEFT,
    WIDTH - RIGHT,
  );
  const ys = axis(
    points.map(([, value]) => value),
    HEIGHT - BOTTOM,
    TOP,
  );
  const seen = { ours: 0, peer: 0, baseline: 0 };
  const drawn = lines.map((line) => ({
    ...line,
    colour: colours[line.kind][seen[line.kind]++ % colours[line.kind].length]!,
  }));
  const names = apart(
    drawn.map((line) => ({ ...line, at: ys.at(line.points.at(-1)![1]) })),
    TOP + ROW / 2,
    HEIGHT - BOTTOM,
  );

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12">`,
    `<title>${text(title)}: ${text(y)} by ${text(x)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" rx="6" fill="#ffffff"/>`,
    `<text x="16" y="26" font-size="15" font-weight="600" fill="${ink}">${text(title)}</text>`,
    ...ys.ticks.flatMap(({ value, at }) => [
      `<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="#d0d7de" stroke-width="${value === ys.ticks[0]!.value ? 1 : 0.6}"/>`,
      `<text x="${LEFT - 8}" y="${at + 4}" text-anchor="end" fill="${faint}">${short(value)}</text>`,
    ]),
    ...xs.ticks.flatMap(({ value, at }) => [
      `<path d="M${at} ${TOP}V${HEIGHT - BOTTOM}" stroke="#d0d7de" stroke-width="0.6"/>`,
      `<text x="${at}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="${faint}">${short(value)}</text>`,
    ]),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 16}" text-anchor="middle" fill="${ink}">${text(x)}</text>`,
    `<text transform="translate(18 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle" fill="${ink}">${text(y)}</text>`,
    ...drawn.map((line) => path(line, line.colour, xs.at, ys.at)),
    ...names.map(
      ({ name, kind, colour, at, row }) =>
        `<path d="M${WIDTH - RIGHT + 2} ${at}L${WIDTH - RIGHT + 14} ${row}" stroke="${colour}" stroke-width="0.8" fill="none"/>` +
        `<text x="${WIDTH - RIGHT + 18}" y="${row + 4}" fill="${colour}"${kind === 'ours' ? ' font-weight="600"' : ''}>${text(name)}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

function path(
  { kind, points }: Line,
  colour: string,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const width = kind === 'ours' ? 2.6 : 1.6;
  const dashes = kind === 'baseline' ? ' stroke-dasharray="5 4"' : '';
  const at = points.map(([px, py]) => `${round(x(px))} ${round(y(py))}`);
  const dots = points.map(
    ([px, py]) =>
      `<circle cx="${round(x(px))}" cy="${round(y(py))}" r="${kind === 'ours' ? 3.2 : 2.2}" fill="${colour}"/>`,
  );
  return `<path d="M${at.join('L')}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"${dashes}/>${dots.join('')}`;
}

interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly at: number }[];
}

/** From one power of ten to another, with a tick at each; a value of 0 is drawn one decade before the first. */
function axis(values: readonly number[], from: number, to: number): Axis {
  const positive = values.filter((value) => value > 0);
  const smallest = Math.min(...positive);
  const zero = positive.length < values.length ? 1 : 0;
  const low = Math.floor(Math.log10(smallest) + 1e-9) - zero;
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive)) - 1e-9));
  const place = (exponent: number): number => round(from + ((to - from) * (exponent - low)) / (high - low));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => ({
    value: zero === 1 && i === 0 ? 0 : 10 ** (low + i),
    at: place(low + i),
  }));
  return { at: (value) => place(value > 0 ? Math.log10(value) : low), ticks };
}

/** Names in the order of the ends of their curves, placed so that they do not overlap. */
function apart<T extends { readonly at: number }>(
  names: readonly T[],
  top: number,
  bottom: number,
): (T & { row: number })[] {
  const sorted = [...names].sort((a, b) => a.at - b.at).map((name) => ({ ...name, row: name.at }));
  for (let i = 0; i < sorted.length; i++) {
    sorted[i]!.row = Math.max(sorted[i]!.row, i === 0 ? top : sorted[i - 1]!.row + ROW);
  }
  for (let i = sorted.length - 1; i >= 0; i--) {
    sorted[i]!.row = Math.min(sorted[i]!.row, i === sorted.length - 1 ? bottom : sorted[i + 1]!.row - ROW);
  }
  return sorted;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const text = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
