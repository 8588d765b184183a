import { asapScheduler, interval, of, take, timer, delay } from 'rxjs';
import { VirtualScheduler } from '../../src/simulation/virtual-scheduler';
import { seededRandom } from '../../src/stress/seeded-random';

const flush = (scheduler: VirtualScheduler): number => {
  let steps = 0;
  while (scheduler.step()) steps++;
  return steps;
};

describe('the virtual scheduler', () => {
  it('runs actions by their times, and at the same time in scheduled order', () => {
    const scheduler = new VirtualScheduler();
    const done: string[] = [];
    const say = (text: string | undefined): void => void done.push(`${scheduler.now()} ${text}`);
    scheduler.schedule(say, 20, 'c');
    scheduler.schedule(say, 10.25, 'a');
    scheduler.schedule(say, 20, 'd');
    scheduler.schedule(say, 10.25, 'b');
    scheduler.schedule(say, 0, 'now');
    flush(scheduler);
    expect(done).toEqual(['0 now', '10.25 a', '10.25 b', '20 c', '20 d']);
  });

  it('is a scheduler for the operators of RxJS', () => {
    const scheduler = new VirtualScheduler();
    const seen: string[] = [];
    const say = (name: string) => (value: string | number) => void seen.push(`${scheduler.now()} ${name}${value}`);
    interval(1_000, scheduler).pipe(take(3)).subscribe(say('i'));
    timer(500, 700, scheduler).pipe(take(2)).subscribe(say('t'));
    of('x').pipe(delay(1_100, scheduler)).subscribe(say('d'));
    flush(scheduler);
    expect(seen).toEqual(['500 t0', '1000 i0', '1100 dx', '1200 t1', '2000 i1', '3000 i2']);
    expect(scheduler.size).toBe(0);
  });

  it('removes cancelled actions at once', () => {
    const scheduler = new VirtualScheduler();
    const actions = Array.from({ length: 1_000 }, (_, i) => scheduler.schedule(fail, i));
    for (const action of actions) action.unsubscribe();
    expect(scheduler.size).toBe(0);
    expect(flush(scheduler)).toBe(0);
    expect(scheduler.now()).toBe(0);
  });

  it('keeps its order whatever is scheduled and cancelled in between', () => {
    const die = seededRandom(7);
    const scheduler = new VirtualScheduler();
    const due = new Map<number, number>();
    const done: { at: number; id: number }[] = [];
    let ids = 0;
    const add = (): void => {
      const id = ids++;
      const ms = Math.floor(die() * 50);
      due.set(id, scheduler.now() + ms);
      const action = scheduler.schedule(() => {
        expect(scheduler.now()).toBe(due.get(id)!);
        done.push({ at: scheduler.now(), id });
        if (ids < 3_000) for (let i = 0; i < 2; i++) add();
      }, ms);
      if (die() < 0.2) {
        action.unsubscribe();
        due.delete(id);
      }
    };
    for (let i = 0; i < 20; i++) add();
    flush(scheduler);
    expect(done.length).toBe(due.size);
    const sorted = [...done].sort((a, b) => a.at - b.at || a.id - b.id);
    expect(done).toEqual(sorted);
  });

  it('is independent of real time', () => {
    const before = asapScheduler.now();
    const scheduler = new VirtualScheduler();
    timer(86_400_000, scheduler).subscribe();
    flush(scheduler);
    expect(scheduler.now()).toBe(86_400_000);
    expect(asapScheduler.now() - before).toBeLessThan(60_000);
  });
});
