import { seededRandom } from '../../../src/stress/seeded-random';

/** A duration (ms): the nth value of a sequence that is the same in every run. */
export type Times = (n: number) => number;

/**
 * A part of a load. Parts run concurrently.
 *
 * - `loop`: a number of callers, each of which acquires again when it has been served, at once, in the next task (`later`), or after a
 * pause;
 * - `stream`: independent callers, at random intervals;
 * - `bursts`: many callers at once, repeatedly;
 * - `batch`, `pulled`: a batch of the operators, pushed or pulled.
 */
export type Part =
  | {
      readonly kind: 'loop';
      readonly width: number;
      readonly items: number;
      readonly pause: number | null;
      readonly work: Times;
    }
  | { readonly kind: 'stream'; readonly gaps: Times; readonly items: number; readonly work: Times }
  | {
      readonly kind: 'bursts';
      readonly size: number;
      readonly every: number;
      readonly bursts: number;
      readonly work: Times;
    }
  | { readonly kind: 'batch' | 'pulled'; readonly width: number; readonly items: number; readonly work: Times };

export interface Load {
  readonly seed: number;
  readonly max: number;
  readonly capacity: number;
  readonly min: number;
  /** The number of open connections when the load begins, and the duration of earlier leases, as the pool has measured it. */
  readonly open: number;
  readonly believed: number;
  readonly connect: Times;
  readonly parts: readonly Part[];
  /** Connections are lost at these times (ms from the beginning), all except a number of them. */
  readonly outages: readonly { readonly at: number; readonly left: number }[];
  /** A description, for the report of the worst load. */
  readonly text: string;
}

/** The maximum number of items of a load. */
const mostItems = 1_500;

/** A random load: the same for the same seed. `only`: of one kind of part alone. */
export function randomLoad(seed: number, only?: Part['kind']): Load {
  const random = seededRandom(seed);
  const chance = (p: number): boolean => random() < p;
  const whole = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const log = (from: number, to: number): number => Math.round(from * (to / from) ** random());

  const max = chance(0.5) ? whole(2, 10) : log(2, 60);
  const capacity = chance(0.7) ? 1 : whole(2, 8);
  const min = chance(0.8) ? 0 : Math.min(max, whole(1, 3));
  const open = chance(0.7) ? 1 : whole(1, max);
  const connectTime = log(2, 1_000);
  const connect = times(random, chance(0.5) ? 0 : random(), connectTime);
  const workTime = log(1, 500);
  const spread = chance(0.4) ? 0 : random();
  const work = (): Times => times(random, spread, workTime);
  const believed = chance(0.7) ? workTime : log(1, 500);

  const part = (): Part => {
    const kind = only ?? (['loop', 'loop', 'stream', 'bursts', 'batch', 'batch', 'pulled'] as const)[whole(0, 6)]!;
    const width = chance(0.5) ? whole(2, 10) : log(2, 100);
    const items = log(10, mostItems);
    switch (kind) {
      case 'loop': {
        const pause = chance(0.4) ? null : chance(0.5) ? 0 : workTime * random();
        return { kind, width, items, pause, work: work() };
      }
      case 'stream': {
        // From a tenth of what one lease can serve to what all of them can.
        const gap = workTime / (0.1 * (max * capacity * 10) ** random());
        return { kind, gaps: times(random, 1, gap), items, work: work() };
      }
      case 'bursts': {
        const size = log(2, 200);
        return {
          kind,
          size,
          every: log(10, 2_000),
          bursts: Math.min(log(2, 20), Math.ceil(mostItems / size)),
          work: work(),
        };
      }
      default:
        return { kind, width, items, work: work() };
    }
  };
  const parts = only === undefined && chance(0.3) ? Array.from({ length: whole(2, 3) }, part) : [part()];
  const outages = chance(0.2) ? [{ at: connectTime * (1 + 20 * random()), left: whole(1, Math.max(1, max >> 2)) }] : [];
  const text =
    `max ${max}, ${open} open${capacity > 1 ? `, capacity ${capacity}` : ''}${min > 0 ? `, min ${min}` : ''}, connects of ${connectTime} ms, ` +
    `work of ${workTime} ms${believed === workTime ? '' : ` (${believed} before)`}: ${parts.map(textOf).join(' and ')}` +
    outages.map(({ at, left }) => `, all but ${left} lost after ${Math.round(at)} ms`).join('');
  return { seed, max, capacity, min, open, believed, connect, parts, outages, text };
}

/** Widths that a batch knows. */
export function isBatches({ parts }: Load): boolean {
  return parts.every(({ kind }) => kind === 'batch' || kind === 'pulled');
}

/** Around this mean: constant with a spread of 0, exponential with a spread of 1, between these otherwise. */
function times(random: () => number, spread: number, mean: number): Times {
  const seed = Math.floor(random() * 2 ** 32);
  const known: number[] = [];
  const next = seededRandom(seed);
  return (n) => {
    while (known.length <= n) {
      const exponential = -Math.log(1 - next()) * mean;
      known.push(Math.max(0.1, mean * (1 - spread) + exponential * spread));
    }
    return known[n]!;
  };
}

function textOf(part: Part): string {
  switch (part.kind) {
    case 'loop':
      return `${part.items} items in a loop of ${part.width}${part.pause === null || part.pause === 0 ? '' : ` with pauses of ${part.pause.toFixed(1)} ms`}`;
    case 'stream':
      return `a stream of ${part.items}`;
    case 'bursts':
      return `${part.bursts} bursts of ${part.size}, one each ${part.every} ms`;
    default:
      return `${part.items} items in a ${part.kind === 'batch' ? '' : 'pulled '}batch of ${part.width}`;
  }
}
