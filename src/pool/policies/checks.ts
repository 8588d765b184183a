import type { Slot } from '../state/claim-and-slot';
import type { Connections } from '../state/connections';
import type { CoarseClock } from '../time/coarse-clock';

export interface CheckOptions {
  /** Whether the pool has the option `validate`. */
  readonly validates: boolean;
  /** A connection that was idle for this time (ms) is validated before it is lent. */
  readonly validateAfter: number;
}

/**
 * Decides when a connection is validated: before it is lent, when it has been idle for `validateAfter`, when the machine may have slept
 * meanwhile, or when its last runs have failed. A reset follows each lease, so there is no decision about it.
 */
export class Checks<C> {
  /** The slots that have passed their validation in this pass: lent in the same pass, they need no other. */
  private readonly validated: Slot<C>[] = [];
  /** The number of leaps of the date that are accounted for. */
  private leaps = 0;

  constructor(
    private readonly options: CheckOptions,
    private readonly clock: CoarseClock,
    private readonly connections: Connections<C>,
  ) {}

  /** Whether no slot keeps a validation of this pass. */
  get isQuiescent(): boolean {
    return this.validated.length === 0;
  }

  mustValidate(slot: Slot<C>): boolean {
    return this.options.validates && this.isStale(slot);
  }

  passed(slot: Slot<C>): void {
    slot.validated = true;
    slot.mustValidate = false;
    this.validated.push(slot);
  }

  /** The slot that has just passed its validation. With `order: 'fifo'` the next slot would be validated for the same waiter. */
  nextValidated(): Slot<C> | null {
    return this.validated.find(({ validated, markedForClose }) => validated && !markedForClose) ?? null;
  }

  endPass(): void {
    for (const slot of this.validated) slot.validated = false;
    this.validated.length = 0;
  }

  private isStale(slot: Slot<C>): boolean {
    const { validateAfter } = this.options;
    if (slot.holders.size > 0 || slot.validated) return false;
    if (validateAfter === 0) return true;
    const now = this.clock.readExactly();
    if (this.clock.leaps() !== this.leaps) this.requireValidation();
    return slot.mustValidate || now - slot.idleSince >= validateAfter;
  }

  /** The machine may have slept, and with it the clock that measures idle times. */
  private requireValidation(): void {
    this.leaps = this.clock.leaps();
    for (const slot of this.connections.all()) if (slot.holders.size === 0) slot.mustValidate = true;
  }
}
