import { Claim } from '../../src/pool/state/claim-and-slot';
import type { ResolvedAcquireOptions } from '../../src/pool/state/claim-and-slot';
import type { QueueFactory } from '../runner/queued';
import { warmCore } from './core';

class BareClaim extends Claim<object> {
  constructor(private readonly onGranted: (claim: BareClaim) => void) {
    super();
  }

  get options(): ResolvedAcquireOptions {
    return asking;
  }

  get sink(): undefined {
    return undefined;
  }

  get isUnsubscribed(): boolean {
    return false;
  }

  granted(): void {
    this.onGranted(this);
  }

  failed(error: Error): void {
    throw error;
  }

  revoked(error: Error): void {
    throw error;
  }
}

const SIZE = 10;
const asking: ResolvedAcquireOptions = { acquireTimeout: 30_000, label: undefined, signal: undefined };

/** Claims in the queue of the core, without RxJS: the cost of waiting alone. */
export const coreLine: QueueFactory = async (served) => {
  const { core } = await warmCore(SIZE, { context: false });
  let held: BareClaim[] = [];
  const hold = (claim: BareClaim): void => void held.push(claim);
  const giveBack = (claim: BareClaim): void => {
    served();
    core.release(claim);
  };
  return {
    hold: () => {
      held = [];
      for (let i = 0; i < SIZE; i++) core.acquire(new BareClaim(hold));
    },
    join: () => {
      core.acquire(new BareClaim(giveBack));
    },
    begin: () => {
      for (const claim of held) core.release(claim);
    },
  };
};
