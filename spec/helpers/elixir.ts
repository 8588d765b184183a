import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { erlangNode, type ErlangNode } from './erlang';
import { peer } from './peers';

/** Inside a `describe`: starts a node of Elixir for all of its specs, which has evaluated a file of `spec/connectors/erlang/elixir`, and gives it. */
export function elixirNode(file: string): () => ErlangNode {
  const program = peer('elixir');
  return erlangNode(() => {
    const lib = libOf(program);
    if (lib === undefined) return undefined;
    const path = fileURLToPath(new URL(`../connectors/erlang/elixir/${file}`, import.meta.url));
    return {
      args: ['-pa', ...['elixir', 'logger'].map((name) => join(lib, name, 'ebin'))],
      start: `{ok, _} = application:ensure_all_started(elixir), 'Elixir.Code':require_file(<<${JSON.stringify(path)}>>)`,
    };
  });
}

/** The folder of the applications of Elixir; undefined if it is not installed. */
function libOf(program: string): string | undefined {
  try {
    return join(execFileSync(program, ['-e', 'IO.write(:code.lib_dir(:elixir))']).toString(), '..');
  } catch {
    return undefined;
  }
}
