import { BoundedSource } from '../../src/cli/bounded-source';
import { until } from '../helpers/turns';

async function* numbers(pulled: number[], end = Infinity): AsyncGenerator<number, void, undefined> {
  for (let i = 0; i < end; i++) {
    pulled.push(i);
    yield i;
  }
}
const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('Intake', () => {
  it('draws only as many as there are places, and one more for each that has left', async () => {
    const pulled: number[] = [];
    const intake = new BoundedSource(numbers(pulled), 3);
    const got: number[] = [];
    intake.items$.subscribe((n) => got.push(n));
    await turns();
    expect(got).toEqual([0, 1, 2]);
    intake.release();
    intake.release();
    await turns();
    expect(got).toEqual([0, 1, 2, 3, 4]);
    expect(pulled.length).toBe(5);
    intake.stop();
  });

  it('completes with the source', async () => {
    const intake = new BoundedSource(numbers([], 2), 10);
    let end = '';
    intake.items$.subscribe({ complete: () => (end = 'complete') });
    await until(() => end !== '');
    expect(end).toBe('complete');
    expect(intake.failure).toBeUndefined();
  });

  it('completes at once when it is stopped, whatever it waits for, and lets nothing in afterwards', async () => {
    let give: (n: number) => void = () => {};
    const slow = {
      async *[Symbol.asyncIterator]() {
        yield await new Promise<number>((resolve) => (give = resolve));
      },
    };
    for (const [source, places] of [
      [slow, 1],
      [numbers([]), 1],
    ] as const) {
      const intake = new BoundedSource<number>(source, places);
      const seen: unknown[] = [];
      intake.items$.subscribe({ next: (n) => seen.push(n), complete: () => seen.push('complete') });
      await turns();
      const before = seen.length;
      intake.stop();
      expect(seen.slice(before)).toEqual(['complete']);
      give(7);
      intake.release();
      await turns();
      expect(seen.length).toBe(before + 1);
    }
  });

  it('ends in order when the source fails, and knows with what', async () => {
    const error = new Error('no more');
    const failing = {
      async *[Symbol.asyncIterator]() {
        yield 1;
        throw error;
      },
    };
    const intake = new BoundedSource(failing, 5);
    const seen: unknown[] = [];
    intake.items$.subscribe({ next: (n) => seen.push(n), complete: () => seen.push('complete') });
    await until(() => seen.length === 2);
    expect(seen).toEqual([1, 'complete']);
    expect(intake.failure).toEqual({ error });
  });

  it('is a loop and no stack when everything leaves at once', async () => {
    const intake = new BoundedSource(numbers([], 100_000), 2);
    let count = 0;
    let end = false;
    intake.items$.subscribe({
      next: () => {
        count++;
        intake.release();
      },
      complete: () => (end = true),
    });
    await until(() => end);
    expect(count).toBe(100_000);
  });
});
