import { concat, NEVER, of, Subject, throwError, timer } from 'rxjs';
import type { PoolEvent } from '../../src/index';
import { createPool } from '../../src/index';
import { Collector } from '../../src/dashboard/collect/collector';
import { pieceKinds } from '../../src/dashboard/frames';
import type { Frame } from '../../src/dashboard/frames';
import { lanesOf } from '../../src/dashboard/lane-rows';
import { recordLoad } from '../../src/stress/index';
import type { LoadRecording } from '../../src/stress/index';
import { marbles } from '../helpers/marbles';

const ignored = (): undefined => undefined;
const connect = () => concat(of('c'), NEVER);
const options = { keep: 600, random: () => 0.5 };

/** Pieces as text: connection, kind, times, label. */
const pieces = ({ pieces: all, labels }: Frame): string[] =>
  all.map(
    ([connection, kind, begin, end, leases, label, open]) =>
      `${connection} ${pieceKinds[kind]} ${begin}-${end}${leases > 1 ? ` ×${leases}` : ''}${label < 0 ? '' : ` ${labels[label]}`}${open ? ' …' : ''}`,
  );

describe('the collector of a dashboard', () => {
  it('draws connects, leases and closes as pieces of lanes', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 2, connect: () => concat(timer(100), NEVER), close: () => timer(50) });
      const collector = new Collector(pool, options);
      pool.use(() => timer(1_000), { label: 'report' }).subscribe({ error: ignored });
      pool
        .acquire({ label: 'broken' })
        .subscribe((lease) => timer(200).subscribe(() => lease.discard(new Error('bad'))));
      at(1_000, () => {
        const frame = collector.tick()!;
        expect(pieces(frame)).toEqual([
          '1 connect 0-100',
          '2 connect 0-100',
          '2 lease 100-300 broken',
          '1 lease 100-1000 report …',
          '2 close 300-350',
        ]);
        expect(frame.marks).toEqual([[2, 300, 'discarded', 'bad']]);
        expect(frame.length).toBe(1_000);
      });
      at(2_000, () => {
        const frame = collector.tick()!;
        expect(pieces(frame)).toEqual(['1 lease 0-100 report']);
        collector.stop();
      });
    }));

  it('begins when it was made, also where the pool had not changed for long', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 2, connect });
      pool.acquire({ label: 'report' }).subscribe();
      expect(pool.stats.at).toBe(0);
      let collector: Collector | undefined;
      at(5_000, () => (collector = new Collector(pool, options)));
      at(5_500, () => {
        const frame = collector!.tick()!;
        expect(frame.length).toBe(500);
        expect(pieces(frame)).toEqual(['1 lease 0-500 report …']);
        const { rows, begin, end } = lanesOf(collector!.frames);
        expect(end - begin).toBe(500);
        expect(rows[0]!.bars.map(({ label, open }) => [label, open])).toEqual([['report', true]]);
        collector!.stop();
      });
    }));

  it('draws a connect that has not answered, and the checks that it sees', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 2, connect, reset: () => timer(500), connectTimeout: 10_000 });
      const slow = createPool({ max: 1, connect: () => NEVER });
      const collectors = [new Collector(pool, options), new Collector(slow, options)];
      pool.use(() => timer(700)).subscribe();
      slow.acquire().subscribe({ error: ignored });
      at(1_000, () => {
        const [first, second] = collectors.map((collector) => collector.tick()!);
        expect(pieces(first!)).toEqual(['1 connect 0-0', '1 lease 0-700', '1 reset 700-1000 …']);
        expect(pieces(second!)).toEqual(['1 connect 0-1000 …']);
        for (const collector of collectors) collector.stop();
      });
    }));

  it('joins short leases that follow each other, and never a long one with them', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 1, connect });
      const collector = new Collector(pool, options);
      for (let i = 0; i < 100; i++) pool.use(() => timer(4), { label: 'short' }).subscribe();
      pool.use(() => timer(10_000), { label: 'long' }).subscribe({ error: ignored });
      at(1_000, () => {
        expect(pieces(collector.tick()!)).toEqual([
          '1 connect 0-0',
          '1 lease 0-400 ×100 short',
          '1 lease 400-1000 long …',
        ]);
        collector.stop();
      });
    }));

  it('shows a leak as one bar that does not end', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 3, connect });
      const collector = new Collector(pool, options);
      pool.acquire({ label: 'nightly report' }).subscribe();
      const work = timer(0, 100).subscribe(() => pool.use(() => timer(20)).subscribe());
      for (let second = 1; second <= 30; second++) at(second * 1_000, () => collector.tick());
      at(30_001, () => {
        const { rows } = lanesOf(collector.frames);
        const bars = rows[0]!.bars.filter(({ kind }) => kind === 'lease');
        expect(bars.map(({ from: begin, to, label, open }) => [to - begin, label, open])).toEqual([
          [30_000, 'nightly report', true],
        ]);
        const { condition, sentence } = collector.frames.at(-1)!.diagnosis;
        expect(condition).toBe('leak');
        expect(sentence).toContain("held for 30 s by 'nightly report'");
        work.unsubscribe();
        collector.stop();
      });
    }));

  it('tells a leak, a pool that is too small and a dead target apart within seconds', () =>
    marbles(({ at }) => {
      const leaky = createPool({ name: 'leaky', max: 4, connect });
      const small = createPool({ name: 'small', max: 2, connect });
      const dead = createPool({ name: 'dead', max: 2, connect: () => throwError(() => new Error('ECONNREFUSED')) });
      const collectors = [leaky, small, dead].map((pool) => new Collector(pool, options));
      leaky.acquire({ label: 'forgetful' }).subscribe();
      const work = timer(0, 10).subscribe(() => {
        for (const [pool, ms] of [
          [leaky, 8],
          [small, 30],
          [dead, 5],
        ] as const) {
          pool.use(() => timer(ms)).subscribe({ error: ignored });
        }
      });
      for (let second = 1; second <= 11; second++) at(second * 1_000, () => collectors.forEach((each) => each.tick()));
      at(11_001, () => {
        const conditions = collectors.map(({ frames }) => frames.at(-1)!.diagnosis.condition);
        expect(conditions).toEqual(['leak', 'too-small', 'dead-target']);
        work.unsubscribe();
        for (const each of collectors) each.stop();
      });
    }));

  it('looks at a bounded number of events a period, says from when on it did not, and keeps the counters exact', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 2, connect });
      const collector = new Collector(pool, options);
      const work = timer(0, 1).subscribe(() => {
        for (let i = 0; i < 4; i++) pool.use(() => of(1), { label: 'busy' }).subscribe();
      });
      at(500, () => pool.acquire({ label: 'held' }).subscribe());
      at(1_000, () => {
        const frame = collector.tick()!;
        expect(frame.gap).toBeGreaterThan(200);
        expect(frame.gap).toBeLessThan(300);
        expect(frame.stats.acquired).toBe(pool.stats.acquired);
        expect(frame.events.length).toBeLessThan(60);
        work.unsubscribe();
      });
      at(2_000, () => {
        const frame = collector.tick()!;
        expect(frame.gap).toBe(-1);
        // It was acquired when nothing was looked at: the holders say so.
        expect(pieces(frame)).toContain('1 lease 0-1000 held …');
        collector.stop();
      });
    }));

  it('keeps the number of frames that it is told to', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 1, connect });
      const collector = new Collector(pool, { ...options, keep: 5 });
      for (let second = 1; second <= 20; second++) at(second * 1_000, () => collector.tick());
      at(20_001, () => {
        expect(collector.frames.map((frame) => frame.at)).toEqual([16_000, 17_000, 18_000, 19_000, 20_000]);
        collector.stop();
      });
    }));

  it('ends with the pool: a last frame, then none', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 1, connect });
      const collector = new Collector(pool, options);
      at(1_000, () => void pool.destroy());
      at(2_000, () => {
        expect(collector.tick()!.diagnosis.condition).toBe('destroyed');
        expect(collector.tick()).toBeNull();
      });
    }));

  it('records what was asked as recordLoad does', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 2, connect: () => concat(timer(10), NEVER), acquireTimeout: 50 });
      const collector = new Collector(pool, options);
      const events = new Subject<PoolEvent>();
      let expected: LoadRecording | undefined;
      events.pipe(recordLoad()).subscribe((recording) => (expected = recording));
      const copying = pool.events$.subscribe(events);
      let n = 0;
      const work = timer(0, 7).subscribe(() => pool.use(() => timer(10 + (n++ % 9))).subscribe({ error: ignored }));
      for (const second of [1, 2, 3]) at(second * 1_000, () => collector.tick());
      at(3_001, () => {
        work.unsubscribe();
        copying.unsubscribe();
        const actual = collector.recording()!;
        events.complete();
        expect(actual.arrivals).toEqual(expected!.arrivals);
        expect(actual.use.toJSON()).toEqual(expected!.use.toJSON());
        expect(actual.open.toJSON()).toEqual(expected!.open.toJSON());
        // The silence at the end is load, too.
        expect(actual.duration).toBe(3_001);
        expect(expected!.duration).toBeGreaterThan(2_980);
        collector.stop();
      });
    }));

  it('records callers that it did not see as come at random: as many as there were', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 2, connect });
      const collector = new Collector(pool, options);
      const work = timer(0, 1).subscribe(() => {
        for (let i = 0; i < 4; i++) pool.use(() => of(1)).subscribe();
      });
      at(1_000, () => {
        work.unsubscribe();
        collector.tick();
        const { arrivals } = collector.recording()!;
        expect(arrivals.length).toBe(pool.stats.acquired);
        expect([...arrivals].sort((a, b) => a - b)).toEqual([...arrivals]);
        collector.stop();
      });
    }));

  it('records of a very busy pool its last part, at the rate that it had', () =>
    marbles(({ at }) => {
      const pool = createPool({ max: 2, connect });
      let seed = 0;
      const collector = new Collector(pool, { ...options, random: () => (seed = (seed + 0.618034) % 1) });
      const work = timer(0, 1).subscribe(() => {
        for (let i = 0; i < 60; i++) pool.use(() => of(1)).subscribe();
      });
      at(1_000, () => {
        work.unsubscribe();
        collector.tick();
        const { arrivals, duration } = collector.recording()!;
        expect(arrivals.length).toBe(20_000);
        expect(arrivals.length / duration).toBeCloseTo(60, -1);
        collector.stop();
      });
    }));

  it('sends no credentials: not in names, labels, causes or stacks', () =>
    marbles(({ at }) => {
      const secrets = ['hunter2', 's3cr3t', 'abcdef123456', 'tokentoken'];
      const failure = new Error(
        'postgres://app:hunter2@db/x refused; Cookie: sid=s3cr3t; Authorization: Bearer abcdef123456',
      );
      const pool = createPool({
        name: 'redis://:hunter2@cache:6379',
        max: 1,
        connect: () => throwError(() => failure),
      });
      const collector = new Collector(pool, options);
      pool.use(() => NEVER, { label: 'GET /x?token=tokentoken' }).subscribe({ error: ignored });
      const healthy = createPool({ max: 1, connect, leakThreshold: 10 });
      const another = new Collector(healthy, options);
      healthy.acquire({ label: 'https://me:hunter2@host/ password=s3cr3t' }).subscribe();
      at(1_000, () => {
        const sent = JSON.stringify([collector.tick(), another.tick(), collector.name, collector.stats]);
        expect(sent).toContain('***');
        expect(secrets.filter((secret) => sent.includes(secret))).toEqual([]);
        collector.stop();
        another.stop();
      });
    }));
});
