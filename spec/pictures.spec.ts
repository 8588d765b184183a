import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { batchOutcomes, withConnection } from '../src/index';
import { createLastingPool as createPool } from './helpers/lasting-pool';
import { expectNothingHeld, marbles } from './helpers/marbles';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { draw } = (await import(pathToFileURL(resolve(root, 'scripts/pictures.mjs')).href)) as {
  draw: (name: string) => (readonly [URL, string])[];
};

/** The marbles of a picture by their titles, aligned with the frames in which they begin. */
function streamsOf(name: string): Record<string, string> {
  const blocks = readFileSync(resolve(root, `docs/pictures/${name}.txt`), 'utf8').split('\n\n');
  const streams = blocks.flatMap((block) => {
    const [marble, title] = block.split('\n');
    return title?.startsWith('title = ') === true ? [[title.slice('title = '.length), marble!] as const] : [];
  });
  return Object.fromEntries(streams);
}

describe('the pictures', () => {
  it('are drawn from their strings: npm run pictures', () => {
    for (const [url, svg] of draw('batch')) {
      expect(readFileSync(url, 'utf8')).withContext(url.pathname).toBe(svg);
    }
  });

  it('show what batchOutcomes does', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const streams = streamsOf('batch');
      const own = new Error('own');
      const pool = createPool({ connect: target('1', '2').connect, max: 2 });
      const works = Object.fromEntries(
        ['a', 'b', 'c'].map((item) => [item, cold(streams[`work(${item})`]!.trimStart(), undefined, own)]),
      );

      const outcomes = hot(streams['lines']!).pipe(
        withConnection(pool, (_, item) => works[item]!),
        batchOutcomes(2),
      );
      expectObservable(outcomes).toBe(streams['outcomes']!, {
        A: { index: 0, item: 'a', status: 'succeeded', value: 'A' },
        B: { index: 1, item: 'b', status: 'failed', error: own },
        C: { index: 2, item: 'c', status: 'succeeded', value: 'C' },
      });
      for (const item of ['a', 'b', 'c']) {
        const marble = streams[`work(${item})`]!;
        const begin = marble.length - marble.trimStart().length;
        const length = /[|#]/.exec(marble.trimStart())!.index;
        expectSubscriptions(works[item]!.subscriptions).toBe(`${'-'.repeat(begin)}^${'-'.repeat(length - 1)}!`);
      }
      flush();
      expectNothingHeld(pool);
    });
  });
});
