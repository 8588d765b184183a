// Processes that a registry of the node knows by a name: that of `:global`, or one of Elixir.
import { map, type Observable } from 'rxjs';
import { ErlangNoProcessError } from './errors';
import { Atom } from './terms/atom';
import { Pid } from './terms/identifiers';
import { Tuple, type Sendable, type Term } from './terms/term';

/** Calls functions of the node. */
export interface RemoteCalls {
  erpc(module: string, name: string, args: readonly Sendable[]): Observable<Term>;
}

/** The module that knows a name, and the name. */
export interface RegisteredName {
  readonly registry: string;
  readonly name: Sendable;
}

/** Of `{global, Name}` or `{via, Module, Name}`, as `gen_server:call` takes them; undefined for other values. */
export function registeredName(to: unknown): RegisteredName | undefined {
  if (!(to instanceof Tuple)) return undefined;
  const [, first, second] = to.elements as readonly (Sendable | undefined)[];
  if (to.tag === 'global' && to.length === 2) return { registry: 'global', name: first! };
  return to.tag === 'via' && to.length === 3 && first instanceof Atom
    ? { registry: first.name, name: second! }
    : undefined;
}

/** Asks the registry where the process is. `label` is the name in messages. */
export const whereIs = (
  target: string,
  { registry, name }: RegisteredName,
  label: string,
  calls: RemoteCalls,
): Observable<Pid> =>
  calls.erpc(registry, 'whereis_name', [name]).pipe(
    map((found) => {
      if (found instanceof Pid) return found;
      throw new ErlangNoProcessError(target, label, `No process is registered as ${label} on ${target}`);
    }),
  );
