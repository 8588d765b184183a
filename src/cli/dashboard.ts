import { basename } from 'node:path';
import type { StreamStatus } from '../dashboard/client/stream';
import { serveFeed } from '../dashboard/dashboard';
import { RecordingFeed } from '../dashboard/feed';
import type { Feed } from '../dashboard/feed';
import { resolveServing } from '../dashboard/options';
import { readRecording } from '../dashboard/recordings';
import { RemoteFeed } from '../dashboard/remote-feed';
import { exitCode } from './exit-codes';
import { readJson } from './json-file';
import type { Io } from './io';
import type { ParsedOptions, OptionTable } from './options';
import { messageOf, oneLine } from './outcome';
import { Output } from './output';
import { untilSignal } from './until-signal';

export const dashboardOptions = { attach: 'text', header: 'texts', port: 'port' } satisfies OptionTable;

/** What is shown: a dashboard elsewhere, or a file. */
export type Shown =
  { readonly attach: string; readonly headers: Readonly<Record<string, string>> } | { readonly feed: Feed };

/** Adds what is wrong to the problems, and then returns nothing. */
export function dashboardArguments({ texts, lists, operands, problems }: ParsedOptions): Shown | undefined {
  const { attach } = texts;
  const [file] = operands;
  if ((attach === undefined) === (file === undefined) || operands.length > 1) {
    problems.push('dashboard takes either --attach URL or one file, such as pools.json');
    return undefined;
  }
  if (attach !== undefined) {
    const headers = headersOf(lists['header'] ?? [], problems);
    return isHttp(attach, problems) ? { attach, headers } : undefined;
  }
  if (lists['header'] !== undefined) problems.push('--header goes with --attach');
  return shownFile(file!, problems);
}

function shownFile(file: string, problems: string[]): Shown | undefined {
  const json = readJson(file, problems);
  if (json === undefined) return undefined;
  try {
    return { feed: new RecordingFeed(readRecording(json, basename(file))) };
  } catch (error) {
    problems.push(`cannot show '${file}': ${messageOf(error)}`);
    return undefined;
  }
}

export function isHttp(url: string, problems: string[]): boolean {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return true;
  problems.push(`--attach must be where a dashboard is, such as http://127.0.0.1:4600/, but got '${url}'`);
  return false;
}

/** `NAME: VALUE`, as curl takes them. */
export function headersOf(lines: readonly string[], problems: string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) problems.push(`--header must be NAME: VALUE`);
    else headers[name] = value;
  }
  return headers;
}

/** Serves the page until a signal comes. */
export async function showDashboard(shown: Shown, { numbers }: ParsedOptions, io: Io): Promise<number> {
  const stdout = new Output(io.stdout);
  const stderr = new Output(io.stderr);
  const signal = untilSignal(io);
  let refused: Error | undefined;
  let said: StreamStatus | undefined;
  const feed =
    'feed' in shown
      ? shown.feed
      : new RemoteFeed(shown.attach, {
          headers: shown.headers,
          onRefused: (error) => {
            refused = error;
            signal.stop();
          },
          onStatus: (status) => {
            if (status !== said && status !== 'closed') stderr.write(`${oneLine(shown.attach)}: ${status}\n`);
            said = status;
          },
        });
  const board = serveFeed(feed, resolveServing());
  try {
    const { url } = await board.listen({ port: numbers['port'] ?? 0 });
    stdout.write(`Open ${url}\n`);
    stderr.write('Ctrl-C ends it.\n');
    await signal.came;
    if (refused === undefined) return exitCode.done;
    stderr.write(`${oneLine(refused.message)}\n`);
    return exitCode.noConnection;
  } catch (error) {
    stderr.write(`${oneLine(messageOf(error))}\n`);
    return exitCode.noConnection;
  } finally {
    signal.stop();
    await board.close();
    await Promise.all([stdout.flushed(), stderr.flushed()]);
  }
}
