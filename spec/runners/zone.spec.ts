import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle } from '../helpers/bundle';

/** What was called in which zones, by what was called. */
type Seen = Record<string, string[]>;

interface Said {
  readonly seen: Seen;
  /** Whether the zone had a macrotask while something ran in it, and whether it still had one when that was over. */
  readonly macrotasks: Record<string, [boolean, boolean]>;
}

describe('A pool where zone.js is loaded', () => {
  let child: string;

  beforeAll(async () => {
    child = await bundle(fileURLToPath(new URL('./zone-child.ts', import.meta.url)));
  });

  async function run(context: string): Promise<Said> {
    const { stdout } = await promisify(execFile)(process.execPath, [child, context], { timeout: 90_000 });
    return JSON.parse(stdout) as Said;
  }

  const carried: Seen = {
    'use: work': ['caller'],
    'use: next': ['caller'],
    'use: complete': ['caller'],
    'promise: work': ['caller'],
    'promise: next': ['caller'],
    'promise: complete': ['caller'],
    'acquire: next': ['caller'],
    'acquire: complete': ['caller'],
    'stream: next': ['caller', 'caller'],
    'stream: complete': ['caller'],
    'batch: work': ['caller', 'caller'],
    'batch: next': ['caller'],
    'batch: complete': ['caller'],
    'timeout: error': ['caller'],
    'signal: error': ['caller'],
    'loss: aborted': ['caller'],
    'loss: error': ['caller'],
  };

  for (const context of ['default', 'option']) {
    it(`calls what it calls for a caller in the zone of that caller, with the ${context === 'default' ? 'default' : 'carrier of the doc comment'}`, async () => {
      const { seen, macrotasks } = await run(context);
      const { connect, ...rest } = seen;
      expect(rest).toEqual(carried);
      expect(new Set(connect)).toEqual(new Set(['<root>']));
      expect(macrotasks).toEqual({
        'a use': [false, false],
        'a use with a timer of its own': [true, false],
        'a use that waited': [true, false],
        'a batch': [false, false],
        'an acquire that timed out': [false, false],
        nothing: [false, false],
      });
    });
  }

  it('does not do so with context: false, where its timers stay in the zone of the first caller', async () => {
    const { seen, macrotasks } = await run('false');
    expect(seen['use: work']).toEqual(['releasing']);
    expect(seen['acquire: next']).toEqual(['releasing']);
    expect(macrotasks['a use']).toEqual([true, true]);
    expect(macrotasks['a batch']).toEqual([true, true]);
  });
});
