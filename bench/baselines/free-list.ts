/** The baseline of leasing: an array of idle resources, and an array of the callbacks of waiters. It has no other feature of a pool. */
export class FreeList {
  private readonly idle: object[] = [];
  private waiting: ((resource: object) => void)[] = [];
  private next = 0;
  private serving = false;

  constructor(size: number) {
    for (let i = 0; i < size; i++) this.idle.push({});
  }

  acquire(callback: (resource: object) => void): void {
    const resource = this.idle.pop();
    if (resource === undefined) this.waiting.push(callback);
    else callback(resource);
  }

  release(resource: object): void {
    this.idle.push(resource);
    if (this.serving || this.next === this.waiting.length) return;
    // A callback that releases synchronously is served by this loop, so that the stack does not grow.
    this.serving = true;
    while (this.next < this.waiting.length && this.idle.length > 0) this.waiting[this.next++]!(this.idle.pop()!);
    this.serving = false;
    // Removes the served callbacks when they are half of the array: a queue that is never empty must not grow without a limit.
    if (this.next * 2 >= this.waiting.length) {
      this.waiting = this.waiting.slice(this.next);
      this.next = 0;
    }
  }
}
