/**
 * Expires members after the same time each, with one timer: they are in the order of their deadlines already. Adding and removing costs an entry
 * of a Map; the timer is set again only when it fires. It does not keep the process alive.
 */
export class Deadlines<T> {
  private readonly ms: number;
  private readonly onExpired: (member: T) => void;
  private readonly since = new Map<T, number>();
  private armed = false;

  /** With `ms` = Infinity nothing ever expires. */
  constructor(ms: number, onExpired: (member: T) => void) {
    this.ms = ms;
    this.onExpired = onExpired;
  }

  add(member: T): void {
    if (this.ms === Infinity) return;
    this.since.set(member, performance.now());
    if (!this.armed) this.arm(this.ms);
  }

  delete(member: T): void {
    this.since.delete(member);
  }

  private arm(ms: number): void {
    this.armed = true;
    // Data that arrived while this process was busy is read before an immediate: only then it is certain that nothing arrived.
    // In real time, since what expires are sockets.
    setTimeout(() => setImmediate(() => this.expire()), Math.ceil(ms)).unref();
  }

  private expire(): void {
    this.armed = false;
    const now = performance.now();
    for (const [member, since] of this.since) {
      const left = since + this.ms - now;
      if (left > 0) {
        this.arm(left);
        return;
      }
      this.since.delete(member);
      this.onExpired(member);
    }
  }
}
