/** The baseline of leasing: an array of idle resources, and those who wait for one as callbacks. It keeps no rule of a pool. */
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
    // A callback that gives back at once is served by this loop, not deeper and deeper on the stack.
    this.serving = true;
    while (this.next < this.waiting.length && this.idle.length > 0) this.waiting[this.next++]!(this.idle.pop()!);
    this.serving = false;
    // What has been served is let go once it is half of the array: also of a line that is never empty.
    if (this.next * 2 >= this.waiting.length) {
      this.waiting = this.waiting.slice(this.next);
      this.next = 0;
    }
  }
}
