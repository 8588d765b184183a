import type { Observable } from 'rxjs';
import type { Measure } from '../runner/case';
import { collectGarbage } from '../runner/timed';
import { Meter } from './meter';

/** Makes one call after the other until the time is over. */
export type Lane = (meter: Meter) => Promise<unknown>;

/** The text that is sent, and must be returned. */
export const TEXT = '0123456789abcdef';

export const awaiting =
  (call: () => Promise<unknown>): Lane =>
  async (meter) => {
    check(await call());
    while (!meter.over) {
      const begun = performance.now();
      await call();
      meter.record(begun);
    }
  };

export const subscribing =
  (call: () => Observable<unknown>): Lane =>
  (meter) =>
    new Promise((resolve, reject) => {
      let answer: unknown;
      const next = (): void => {
        if (meter.over) {
          check(answer);
          resolve(answer);
          return;
        }
        const begun = performance.now();
        call().subscribe({
          next: (value) => {
            answer = value;
          },
          complete: () => {
            meter.record(begun);
            next();
          },
          error: reject,
        });
      };
      next();
    });

function check(answer: unknown): void {
  const text = String(answer);
  if (text !== TEXT) throw new Error(`'${TEXT}' was answered with '${text.slice(0, 100)}'`);
}

/** In ms. Sockets and streams are much code: before it is compiled it is ten times as slow. */
const WARM_UP = 300;
/** In ms, after the garbage of the warm-up has been collected: see `warmUp`. */
const AGAIN = 100;

/** Calls per second, their duration, and the CPU time of this process for each in µs, after a warm-up; the amount is in ms. */
export const calling =
  (prepare: () => Promise<readonly Lane[]>): Measure =>
  async (ms) => {
    const lanes = await prepare();
    const together = async (duration: number): Promise<Meter> => {
      const meter = new Meter(duration);
      await Promise.all(lanes.map((lane) => lane(meter)));
      return meter;
    };
    await together(Math.max(WARM_UP, ms / 4));
    collectGarbage();
    await together(AGAIN);
    const before = process.cpuUsage();
    const meter = await together(ms);
    const { user, system } = process.cpuUsage(before);
    return { ...meter.metrics, cpu: (user + system) / meter.count };
  };

export const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
