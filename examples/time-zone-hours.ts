import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const year = 2026;
const hour = 3_600_000;

/** The clocks of the world: for each of a hundred time zones every sixth hour of a year, and what they say then. */
function* hours(zones: readonly string[]): Generator<string> {
  for (const zone of zones) {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
    for (let at = Date.UTC(year, 0); at < Date.UTC(year + 1, 0); at += 6 * hour) {
      yield `${JSON.stringify({ zone, at, local: format.format(at) })}\n`;
    }
  }
}

/** Writes them into a new file, with one invalid line in the middle. */
export async function writeHours(): Promise<{ file: string; lines: number; remove(): Promise<void> }> {
  const zones = Intl.supportedValuesOf('timeZone').slice(0, 100);
  const folder = await mkdtemp(join(tmpdir(), 'hours-'));
  const file = join(folder, 'hours.ndjson');
  let lines = 0;
  const counted = function* (): Generator<string> {
    for (const line of hours(zones)) {
      lines++;
      yield lines === 100_000 ? line.slice(0, 20).concat('\n') : line;
    }
  };
  await pipeline(Readable.from(counted(), { highWaterMark: 1_000 }), createWriteStream(file));
  return { file, lines, remove: () => rm(folder, { recursive: true }) };
}
