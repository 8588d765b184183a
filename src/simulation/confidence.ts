import type { StressReport } from '../stress/report';

/** A figure with its margin of error. */
export interface Figure {
  /** The value in this run. */
  readonly value: number;
  /** With 95 % confidence the true value is at most this far away; null where the run is too short. */
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
/** Student's t of 29 degrees of freedom, at 95 %. */
const t95 = 2.0452;
/** In ms: a wait up to this counts as none. A histogram resolves a thousandth of a millisecond. */
const instant = 0;

/**
 * The margins of error of one run, by the method of batch means: the measured time is divided into 30 batches of equal length, whose variance
 * estimates that of another run. The waits of callers that arrive soon after each other are correlated; the means of long batches are not
 * (Law and Kelton, Simulation Modeling and Analysis).
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
