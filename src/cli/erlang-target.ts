import { readFileSync } from 'node:fs';
import { map } from 'rxjs';
import { connectErlangNode, fromTerm, type ErlangConnection, type Sendable } from '../connectors/erlang/index';
import { InvalidConfigError } from '../pool/errors';
import { messageOf } from '../pool/values/describe';
import type { Callable, TargetKind } from './target-kind';

/**
 * `erlang://NAME@HOST:PORT`, or without the port for one that EPMD knows: the method is the registered name of a `gen_server`. The cookie comes
 * from a file or the environment, so that no list of processes shows it.
 */
export const erlangTargets: TargetKind = {
  pattern: /^erlang:\/\//,
  max: 10,
  pipeline: 10,
  connect(target, { cookieFile } = {}) {
    const [, name = '', port] = /^erlang:\/\/(.*?)(?::(\d+))?$/s.exec(target) ?? [];
    const cookie = cookieFile === undefined ? process.env['ERLANG_COOKIE'] : cookieIn(cookieFile);
    if (cookie === undefined || cookie === '') {
      throw new InvalidConfigError('send', 'The target cannot be', [
        'erlang:// needs the cookie of the node: set ERLANG_COOKIE, or give --cookie-file',
      ]);
    }
    const connect = connectErlangNode(name, { cookie, ...(port === undefined ? {} : { port: Number(port) }) });
    return (context) => connect(context).pipe(map(callable));
  },
};

/** A cookie in a file is followed by a line feed, more often than not. */
function cookieIn(file: string): string {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch (error) {
    throw new InvalidConfigError('send', 'The cookie cannot be read', [
      `--cookie-file cannot be read: ${messageOf(error)}`,
    ]);
  }
}

const callable = (connection: ErlangConnection): Callable => ({
  call: (name, ...params) =>
    connection
      .call(name, (params.length > 1 ? params : params[0]) as Sendable)
      .pipe(map((term) => fromTerm(term, { others: 'text' }))),
});
