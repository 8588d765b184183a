/** Holds back what overtakes until what comes before it is there. */
export class OrderedEmitter<T> {
  private readonly early = new Map<number, T>();
  private turn = 0;

  constructor(private readonly emit: (value: T) => void) {}

  /** The number of values that wait for those before them. */
  get size(): number {
    return this.early.size;
  }

  push(position: number, value: T): void {
    const { early } = this;
    early.set(position, value);
    for (let next = early.get(this.turn); next !== undefined; next = early.get(this.turn)) {
      early.delete(this.turn++);
      this.emit(next);
    }
  }
}
