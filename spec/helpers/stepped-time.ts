import { setImmediate as turn } from 'node:timers/promises';
import { VirtualTimeScheduler } from 'rxjs';

/** Virtual time in which promises settle too: after each instant the event loop has a turn. */
export class SteppedTime extends VirtualTimeScheduler {
  /** Runs everything that is due, instant by instant, until nothing is due, or until `until` (ms). */
  async pass(until = Infinity): Promise<void> {
    await turn();
    for (let next = this.actions[0]; next !== undefined && next.delay <= until; next = this.actions[0]) {
      this.maxFrames = next.delay;
      this.flush();
      await turn();
    }
  }
}
