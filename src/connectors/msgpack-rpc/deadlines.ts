/**
 * Ends waits that are all equally long, by one timer: they are in the order of their deadlines already. Adding and removing costs a place in
 * a Map; the timer is set again only when it fires. It keeps no process alive.
 */
export class Deadlines<T> {
  readonly #ms: number;
  readonly #onExpired: (member: T) => void;
  readonly #since = new Map<T, number>();
  #armed = false;

  /** `ms` may be Infinity: then nothing ever expires. */
  constructor(ms: number, onExpired: (member: T) => void) {
    this.#ms = ms;
    this.#onExpired = onExpired;
  }

  add(member: T): void {
    if (this.#ms === Infinity) return;
    this.#since.set(member, performance.now());
    if (!this.#armed) this.#arm(this.#ms);
  }

  delete(member: T): void {
    this.#since.delete(member);
  }

  #arm(ms: number): void {
    this.#armed = true;
    // What has arrived while this process was busy is read before an immediate: only then is it certain that nothing came.
    setTimeout(() => setImmediate(() => this.#expire()), Math.ceil(ms)).unref();
  }

  #expire(): void {
    this.#armed = false;
    const now = performance.now();
    for (const [member, since] of this.#since) {
      const left = since + this.#ms - now;
      if (left > 0) {
        this.#arm(left);
        return;
      }
      this.#since.delete(member);
      this.#onExpired(member);
    }
  }
}
