import type { StressReport } from '../stress/report';

/** A figure, and how far from the truth it may be. */
export interface Figure {
  /** What the run has shown. */
  readonly value: number;
  /** With 95 % confidence the true value is no further away; null where the run is too short to tell. */
  readonly margin: number | null;
}

/** Sums since the beginning. */
interface Sums {
  readonly ended: number;
  readonly unserved: number;
  readonly served: number;
  readonly waited: number;
  readonly waitSum: number;
}

const batches = 30;
/** Student's t of 29 degrees of freedom: 95 % lie within. */
const t95 = 2.0452;
/** What waits for less, in ms, has not waited: a thousandth of a millisecond. */
const instant = 0;

/**
 * How sure the figures of one run are, by the method of batch means: the time that is measured is cut into 30 batches of the same length, and
 * how much those differ says how much another run would. Callers who come soon after each other wait alike; batches that are long enough do
 * not (Law and Kelton, Simulation Modeling and Analysis).
 */
export class Confidence {
  private readonly marks: Sums[] = [];
  private base: Sums | null = null;

  /** The report of each interval. */
  add(report: StressReport): void {
    const sums = sumsOf(report);
    if (report.phase === 'running') {
      if (this.base === null) this.base = sums;
      else this.marks.push(sums);
    }
  }

  figures(report: StressReport): { waited: Figure; meanWait: Figure; unserved: Figure } {
    const all = sumsOf(report);
    const within = (of: (sums: Sums) => number, per: (sums: Sums) => number): Figure => ({
      value: per(all) > 0 ? of(all) / per(all) : 0,
      margin: this.halfWidth(of, per),
    });
    return {
      waited: within(
        ({ waited }) => waited,
        ({ served }) => served,
      ),
      meanWait: within(
        ({ waitSum }) => waitSum,
        ({ served }) => served,
      ),
      unserved: within(
        ({ unserved }) => unserved,
        ({ ended }) => ended,
      ),
    };
  }

  private halfWidth(of: (sums: Sums) => number, per: (sums: Sums) => number): number | null {
    const length = Math.floor(this.marks.length / batches);
    if (length === 0) return null;
    const means: number[] = [];
    let last = this.base!;
    for (let batch = 1; batch <= batches; batch++) {
      const mark = this.marks[batch * length - 1]!;
      const count = per(mark) - per(last);
      if (count === 0) return null;
      means.push((of(mark) - of(last)) / count);
      last = mark;
    }
    const mean = means.reduce((sum, each) => sum + each, 0) / batches;
    const variance = means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (batches - 1);
    return t95 * Math.sqrt(variance / batches);
  }
}

function sumsOf({ operations, histograms: { wait } }: StressReport): Sums {
  const { ended, timedOut, rejected, noConnection } = operations;
  return {
    ended,
    unserved: timedOut + rejected + noConnection,
    served: wait.count,
    waited: wait.count - wait.countUpTo(instant),
    waitSum: wait.mean * wait.count,
  };
}
