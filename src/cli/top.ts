import { RemoteFeed } from '../dashboard/remote-feed';
import { headersOf, isHttp } from './dashboard';
import { exitCode } from './exit-codes';
import type { Io } from './io';
import type { ParsedOptions, OptionTable } from './options';
import { oneLine } from './outcome';
import { Output } from './output';
import { StatusBlock } from './status-block';
import { topLines } from './top-texts';
import { untilSignal } from './until-signal';
import { wrapWords } from './wrap-words';

export const topOptions = { attach: 'text', header: 'texts', once: 'switch' } satisfies OptionTable;

export interface TopArguments {
  readonly attach: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly once: boolean;
}

/** Adds what is wrong to the problems, and then returns nothing. */
export function topArguments({ texts, lists, switches, operands, problems }: ParsedOptions): TopArguments | undefined {
  const { attach } = texts;
  if (operands.length > 0) problems.push(`top takes no operands, but got '${operands.join(' ')}'`);
  if (attach === undefined)
    problems.push('--attach is missing: where the dashboard is, such as http://127.0.0.1:4600/');
  const headers = headersOf(lists['header'] ?? [], problems);
  return attach !== undefined && isHttp(attach, problems) ? { attach, headers, once: switches.has('once') } : undefined;
}

/** The page as text: drawn over on a terminal, elsewhere a block a tick; until a signal comes. */
export async function top({ attach, headers, once }: TopArguments, io: Io): Promise<number> {
  const stdout = new Output(io.stdout);
  const stderr = new Output(io.stderr);
  const block = new StatusBlock(io.stdout);
  const signal = untilSignal(io);
  let code: number = exitCode.done;
  let note = '';
  let attempts = 0;
  const show = (): void => {
    const { columns = 0 } = io.stdout;
    const width = columns > 0 ? columns : 80;
    const state = feed.state();
    const isEmpty = state.pools.every(({ frames }) => frames.length === 0);
    if (once && isEmpty) return;
    const lines = [...topLines(state, width), ...(note === '' ? [] : [note])];
    if (block.visible && !once) block.show(lines.flatMap((line) => wrapWords(line, width).split('\n')));
    else stdout.write(`${lines.map(oneLine).join('\n')}\n\n`);
    if (once) signal.stop();
  };
  const feed = new RemoteFeed(attach, {
    headers,
    onRefused: (error) => {
      stderr.write(`${oneLine(error.message)}\n`);
      code = exitCode.noConnection;
      signal.stop();
    },
    onStatus: (status) => {
      note = status === 'stale' ? 'Lost; trying again.' : '';
      if (status === 'closed') {
        signal.stop();
        return;
      }
      // The first attempt is no news; that it failed is.
      if (status === 'open' || attempts++ === 0) return;
      if (attempts === 2 || once)
        stderr.write(`${oneLine(attach)}: ${status === 'stale' ? 'lost' : 'no dashboard answers'}\n`);
      if (!once) return;
      code = exitCode.noConnection;
      signal.stop();
    },
  });
  try {
    feed.start(show);
    await signal.came;
    return code;
  } finally {
    feed.stop();
    await Promise.all([stdout.flushed(), stderr.flushed()]);
  }
}
