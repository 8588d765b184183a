import type { Subscriber } from 'rxjs';
import type { Awake } from './awake';
import type { Ending } from './ending';
import { Outgoing, type Outbox } from './outbox';

class Notice extends Outgoing {
  readonly method: string;
  readonly subscriber: Subscriber<never>;
  override readonly written = () => this.subscriber.complete();

  constructor(frame: Uint8Array, method: string, subscriber: Subscriber<never>) {
    super(frame);
    this.method = method;
    this.subscriber = subscriber;
  }
}

/** Our own notifications that have not been written yet. */
export class Notices {
  readonly #outbox: Outbox;
  readonly #awake: Awake;
  readonly #unwritten = new Set<Notice>();

  constructor(outbox: Outbox, awake: Awake) {
    this.#outbox = outbox;
    this.#awake = awake;
  }

  start(frame: Uint8Array, method: string, subscriber: Subscriber<never>): void {
    const notice = new Notice(frame, method, subscriber);
    this.#unwritten.add(notice);
    this.#awake.hold();
    subscriber.add(() => {
      this.#unwritten.delete(notice);
      this.#awake.free();
      if (notice.frame !== null) this.#outbox.drop(notice);
    });
    this.#outbox.push(notice);
  }

  /** The connection has ended: what has not been written fails. */
  fail(ending: Ending): void {
    for (const { subscriber, method } of [...this.#unwritten]) subscriber.error(ending.errorFor(method));
  }
}
