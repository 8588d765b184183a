import { readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { asyncScheduler, exhaustAll, map, mergeAll, switchAll, take, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import {
  batchOutcomes,
  batchParallel,
  batchSequential,
  collectBatch,
  retryFailed,
  trackProgress,
  withConnection,
} from '../src/index';
import type { BatchOutcome, BatchProgress, ConnectionPool } from '../src/index';
import { createLastingPool as createPool } from './helpers/lasting-pool';
import { expectNothingHeld, marbles } from './helpers/marbles';
import type { Run } from './helpers/marbles';
import { isPulled, lifeOf, pictureNames as names, streamsOf, worksOf } from './helpers/pictures';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { draw } = (await import(pathToFileURL(resolve(root, 'scripts/pictures.mjs')).href)) as {
  draw: (name: string) => (readonly [URL, string])[];
};

/** Those of pulled operators have a spec of their own: `spec/ix/pictures.spec.ts`. */
const pushed = names.filter((name) => !isPulled(name));

const own = new Error('own');
const failure = { index: 1, item: 'b', error: own };
const collected = { successful: ['A', 'C'], failed: [failure], unstarted: 0 };
const outcomes: Record<string, BatchOutcome<string, string>> = {
  A: { index: 0, item: 'a', status: 'succeeded', value: 'A' },
  B: { index: 1, item: 'b', status: 'failed', error: own },
  C: { index: 2, item: 'c', status: 'succeeded', value: 'C' },
};

interface Picture extends Omit<Run, 'pool'> {
  /** The marbles of a stream as they are drawn. */
  readonly drawn: (title: string) => string;
  /** The marbles of a stream that must come out. */
  readonly expected: (title: string) => string;
  /** A stream of the picture, in the frames in which it is drawn. */
  readonly given: (title: string, values?: Record<string, unknown>) => Observable<any>;
  /** The work for an item, which must run when and for as long as it is drawn. */
  readonly work: (item: string) => Observable<string>;
  readonly pool: ConnectionPool<string>;
}

const drawn = new Set<string>();

/** The marbles of a stream that begins after spaces, as those of one that begins in frame 0. */
const fromTheStart = (marble: string): string => marble.replace(/^ +/, (spaces) => '-'.repeat(spaces.length));

/** A spec of what a picture shows: its streams are what goes in, what the work does, and what must come out. */
function shows(name: string, title: string, spec: (picture: Picture) => void, connections = 2): void {
  drawn.add(name);
  it(`show ${title}`, () => {
    marbles((run) => {
      const { cold, hot, target, expectSubscriptions, flush } = run;
      const streams = streamsOf(name);
      const lives = ['1', '2'].slice(0, connections);
      const pool = createPool({ connect: target(...lives).connect, max: connections });
      const works = worksOf(streams).map(([item, marble]) => {
        return [item, { marble, stream: cold(marble.trim(), undefined, own) }] as const;
      });
      spec({
        ...run,
        drawn: (key) => streams[key]!,
        expected: (key) => fromTheStart(streams[key]!),
        pool,
        given: (key, values) => hot(streams[key]!, values),
        work: (item) => works.find(([of]) => of === item)![1].stream,
      });
      for (const [, { marble, stream }] of works) {
        const [begin, end] = lifeOf(marble);
        expectSubscriptions(stream.subscriptions).toBe(`${'-'.repeat(begin)}^${'-'.repeat(end - begin - 1)}!`);
      }
      flush();
      expectNothingHeld(pool);
    });
  });
}

describe('the pictures', () => {
  it('are drawn from their strings: npm run pictures', () => {
    for (const [url, svg] of names.flatMap(draw)) {
      expect(readFileSync(url, 'utf8')).withContext(url.pathname).toBe(svg);
    }
    expect(names.length).toBeGreaterThan(9);
  });

  it('are each run by a spec, and shown on a page', () => {
    expect([...drawn].sort()).toEqual(pushed.sort());
    const pages = ['README.md', ...readdirSync(resolve(root, 'docs')).filter((file) => file.endsWith('.md'))];
    const text = pages
      .map((file) => readFileSync(resolve(root, file === 'README.md' ? '' : 'docs', file), 'utf8'))
      .join('');
    for (const name of names) {
      for (const theme of ['light', 'dark'])
        expect(text.includes(`pictures/${name}-${theme}.svg`))
          .withContext(`${name}, ${theme}`)
          .toBeTrue();
    }
  });

  shows('with-connection', 'a task for each item, each with a connection', (run) => {
    const values = run.given('lines').pipe(
      withConnection(run.pool, (_, item) => run.work(item)),
      mergeAll(),
    );
    run.expectObservable(values).toBe(run.expected('values'));
  });

  shows('batch-sequential', 'one task after another', (run) => {
    const values = run.given('lines').pipe(
      withConnection(run.pool, (_, item) => run.work(item)),
      batchSequential(),
    );
    run.expectObservable(values).toBe(run.expected('values'));
  });

  shows('batch', 'two tasks at a time, with an outcome for each', (run) => {
    const values = run.given('lines').pipe(
      withConnection(run.pool, (_, item) => run.work(item)),
      batchOutcomes(2),
    );
    run.expectObservable(values).toBe(run.expected('outcomes'), outcomes);
  });

  shows('batch-parallel', 'the outcomes of a batch as one result', (run) => {
    const result = run.given('lines').pipe(
      withConnection(run.pool, (_, item) => run.work(item)),
      batchParallel(2),
    );
    run.expectObservable(result).toBe(run.expected('result'), { R: collected });
  });

  shows('collect-batch', 'outcomes that become a result', (run) => {
    const result = run.given('outcomes', outcomes).pipe(collectBatch());
    run.expectObservable(result).toBe(run.expected('result'), { R: collected });
  });

  shows('track-progress', 'a report for each outcome, and one before', (run) => {
    const reports: [number, BatchProgress][] = [];
    const source = run.given('outcomes', outcomes);
    const same = source.pipe(trackProgress((report) => reports.push([asyncScheduler.now(), report])));
    run.expectObservable(same).toBe(run.expected('passed on'), outcomes);
    run.flush();
    const seen = reports.map(([frame, { succeeded, failed }]) => [frame, succeeded + failed]);
    const marble = run.expected('observer');
    expect(seen).toEqual(marble.split('').flatMap((letter, i) => (/\d/.test(letter) ? [[i, Number(letter)]] : [])));
  });

  shows('retry-failed', 'failed items that are sent again under their first index', (run) => {
    const failures = {
      b: { index: 1, item: 'b', error: own },
      d: { index: 3, item: 'd', error: own },
    };
    const values = run.given('failed', failures).pipe(
      retryFailed(run.pool, (_, item: string) => run.work(item)),
      batchOutcomes(2),
    );
    run.expectObservable(values).toBe(run.expected('outcomes'), {
      B: { index: 1, item: 'b', status: 'succeeded', value: 'B' },
      D: { index: 3, item: 'd', status: 'succeeded', value: 'D' },
    });
  });

  shows('switch-all', 'a task that is cancelled for the newest', (run) => {
    const values = run.given('typed').pipe(
      withConnection(run.pool, (_, item) => run.work(item)),
      switchAll(),
    );
    run.expectObservable(values).toBe(run.expected('values'));
  });

  shows('exhaust-all', 'an item that is dropped while a task runs', (run) => {
    const values = run.given('clicks').pipe(
      withConnection(run.pool, (_, item) => run.work(item)),
      exhaustAll(),
    );
    run.expectObservable(values).toBe(run.expected('values'));
  });

  shows(
    'use',
    'a caller that waits for the connection of another',
    (run) => {
      for (const [item, at, title] of [
        ['a', 1, 'use(a)'],
        ['b', 3, 'use(b)'],
      ] as const) {
        const result = timer(at).pipe(
          map(() => run.pool.use(() => run.work(item))),
          mergeAll(),
        );
        run.expectObservable(result).toBe(run.expected(title));
      }
    },
    1,
  );

  shows('pool', 'leases of connections, again after each release', (run) => {
    const target = run.target(run.drawn('connect').trim(), run.drawn('connect 2').trim());
    const opening = createPool({ connect: target.connect, max: 2 });
    const leases = opening.pipe(
      take(4),
      map((lease) => {
        asyncScheduler.schedule(() => {
          lease.release();
        }, 3);
        return lease.connection;
      }),
    );
    run.expectObservable(leases).toBe(run.expected('leases'));
    run.flush();
    const begins = ['connect', 'connect 2'].map((title) => run.drawn(title).search(/\S/));
    expect(target.lives.map(({ subscriptions: [life] }) => life!.subscribedFrame)).toEqual(begins);
    expectNothingHeld(opening);
  });
});
