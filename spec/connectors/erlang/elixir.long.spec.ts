import { concat, from, ignoreElements, lastValueFrom, timer, type Observable } from 'rxjs';
import {
  atom,
  connectErlangNode,
  fromTerm,
  Pid,
  termMap,
  tuple,
  type ErlangConnection,
  type Sendable,
  type Term,
  type TermMap,
  type Tuple,
} from '../../../src/connectors/erlang/index';
import { batchParallel, createPool, withConnection } from '../../../src/index';
import { elixirNode } from '../../helpers/elixir';
import { after, failureOf } from '../msgpack-rpc/support';
import { answerOf, reaching, scene } from './support';

const SERVER = 'Elixir.Shop.Server';
const item = (name: string, price: number): Sendable =>
  termMap([
    [atom('__struct__'), atom('Elixir.Shop.Item')],
    [atom('name'), name],
    [atom('price'), price],
    [atom('tags'), [atom('cheap')]],
  ]);
const plainOf = async (source: Observable<Term>): Promise<any> => fromTerm(await answerOf(source));
const echo = (value: Sendable): Sendable => tuple(atom('echo'), value);

describe('a GenServer of Elixir', () => {
  const { connect, open } = scene();
  const node = elixirNode('servers.exs');
  const server = async () => {
    const connection = await connect(node(), { allowRemoteCalls: true });
    const call = (...request: [string, ...Sendable[]]): Promise<any> =>
      answerOf(connection.call(SERVER, tuple<Sendable[]>(atom(request[0]), ...request.slice(1))));
    return { connection, call };
  };
  /** Whether it is served again, after the supervisor has restarted it. */
  const restarted = async (connection: ErlangConnection, to: string | Tuple<readonly Sendable[]> = SERVER): Promise<void> => {
    while ((await answerOf(connection.call(to, echo(1))).catch(() => undefined)) !== 1) await after(5);
  }; // prettier-ignore

  it('gets structs, and replies with them', async () => {
    const { connection, call } = await server();
    const [, put] = (await call('put', item('pen', 3))) as Tuple;
    expect<unknown>((put as TermMap).get(atom('__struct__'))).toBe(atom('Elixir.Shop.Item'));
    expect(fromTerm(put as TermMap)).toEqual({ __struct__: 'Elixir.Shop.Item', name: 'pen', price: 3, tags: ['new', 'cheap'] }); // prettier-ignore
    // What came is a struct when it is sent back.
    expect(fromTerm((await call('put', put as TermMap)).at(1).get(atom('tags')))).toEqual(['new', 'new', 'cheap']);
    const [date, range, set, empty, charlist, text]: any = await plainOf(connection.call(SERVER, atom('structs'))); // prettier-ignore
    expect(date).toEqual(jasmine.objectContaining({ __struct__: 'Elixir.Date', year: 2026, month: 11, day: 30 }));
    expect(range).toEqual(jasmine.objectContaining({ __struct__: 'Elixir.Range', first: 1, last: 3 }));
    expect(set.__struct__).toBe('Elixir.MapSet');
    expect(empty).toEqual({ __struct__: 'Elixir.Shop.Item', name: null, price: 0, tags: [] });
    expect([charlist, text]).toEqual([[...Buffer.from('text')], 'text']);
  });

  it('gets keyword lists, and replies with them', async () => {
    const { connection, call } = await server();
    await lastValueFrom(connection.cast(SERVER, tuple(atom('put'), item('ink', 900))), { defaultValue: undefined });
    await lastValueFrom(connection.send(SERVER, tuple(atom('message'), item('jar', 901))), { defaultValue: undefined });
    const found = (await call('find', [tuple(atom('below'), 901)])) as readonly Tuple[];
    expect(found.map(({ tag }) => tag)).toEqual(['count', 'names', 'first']);
    expect((fromTerm(found) as any)[1][1]).toEqual(jasmine.arrayContaining(['ink', 'jar'])); // prettier-ignore
    const missing = await failureOf(connection.call(SERVER, tuple(atom('find'), [])));
    expect(String(missing.reason)).toContain('KeyError');
    await restarted(connection);
  });

  it('tells strings, charlists, nil and modules apart', async () => {
    const { call } = await server();
    expect(String(await call('kind', 'žluť'))).toBe('{string, 4}');
    expect(
      String(
        await call(
          'kind',
          Array.from('žluť', (letter) => letter.codePointAt(0)!),
        ),
      ),
    ).toBe('{charlist, 4}');
    expect(String(await call('kind', []))).toBe('{charlist, 0}');
    expect(await call('kind', atom('nil'))).toBe(atom('nil'));
    expect(await call('kind', atom('Elixir.Shop.Item'))).toBe(atom('Elixir.Shop.Server'));
  });

  it('may reply later, from elsewhere, in a continuation, or when it has been idle', async () => {
    const { call } = await server();
    const answers = [
      call('later', 20, 'a'), call('elsewhere', 'b'), call('continue', 'c'), call('later', 0, 'd'),
    ]; // prettier-ignore
    expect((await Promise.all(answers)).map((answer) => fromTerm(answer))).toEqual(['a', 'b', 'c', 'd']);
    expect(await call('idle', 20)).toBe(atom('timeout'));
  });

  it('that stops has replied before, or fails its calls with the reason', async () => {
    const { connection, call } = await server();
    const waiting = failureOf(connection.call(SERVER, tuple(atom('later'), 60_000, 1)));
    expect(fromTerm(await call('reply_and_stop', atom('normal'), 'bye'))).toBe('bye');
    const waited = await waiting;
    expect(waited.name).toBe('ErlangCrashError');
    expect(waited.reason).toBe(atom('normal'));
    const ends: [string, Sendable, RegExp][] = [
      ['stop', atom('normal'), /: normal\./],
      ['stop', tuple(atom('shutdown'), atom('full')), /\{shutdown, full\}/],
      ['exit', 'a text', /<<"a text">>/],
      ['raise', 'no such price', /^(?=.*'Elixir\.ArgumentError').*no such price/],
      ['unknown', 1, /function_clause.*Your message crashed it/],
    ];
    for (const [kind, argument, message] of ends) {
      await restarted(connection);
      const error = await failureOf(connection.call(SERVER, tuple(atom(kind), argument)));
      expect(error.name).withContext(kind).toBe('ErlangCrashError');
      expect(error.message).toMatch(message);
      expect(error.causedByMessage)
        .withContext(kind)
        .toBe(kind === 'unknown');
    }
    await restarted(connection);
  });

  const registered: [string, Tuple<readonly Sendable[]>][] = [
    ['global', tuple(atom('global'), 'shop')],
    ['global, by any term', tuple(atom('global'), tuple(atom('shop'), 2))],
    ['via', tuple(atom('via'), atom('Elixir.Registry'), tuple(atom('Elixir.Shop.Registry'), 'shop'))],
  ];
  for (const [kind, name] of registered) {
    it(`is found by the name that it has in a registry: ${kind}`, async () => {
      const { connection } = await server();
      const own = (await answerOf(connection.call(name, atom('pid')))) as Pid;
      expect(own).toBeInstanceOf(Pid);
      expect(String(own)).not.toBe(String(await answerOf(connection.call(SERVER, atom('pid')))));
      const puts = [connection.cast(name, tuple(atom('put'), item('cast', 1))), connection.send(name, tuple(atom('message'), item('sent', 1)))]; // prettier-ignore
      await lastValueFrom(concat(...puts).pipe(ignoreElements()), { defaultValue: undefined });
      const found = await answerOf(connection.call(name, tuple(atom('find'), [tuple(atom('below'), 5)])));
      expect(String(found[1])).toBe('{names, [<<"cast">>, <<"sent">>]}');
      // After a crash the name leads to another process.
      expect((await failureOf(connection.call(name, tuple(atom('raise'), 'x')))).name).toBe('ErlangCrashError');
      await restarted(connection, name);
      expect(String(await answerOf(connection.call(name, atom('pid'))))).not.toBe(String(own));
    });
  }

  it('that no registry knows is a process that is missing, and no registry is asked unless that is allowed', async () => {
    const { connection } = await server();
    for (const name of [tuple(atom('global'), 'none'), tuple(atom('via'), atom('Elixir.Registry'), tuple(atom('Elixir.Shop.Registry'), 'none'))]) {
      for (const sent$ of [connection.call(name, 1), connection.cast(name, 1), connection.send(name, 1)]) {
        const error = await failureOf(sent$);
        expect(error.name).toBe('ErlangNoProcessError');
        expect(error.message).toContain(String(name));
      }
    } // prettier-ignore
    const noRegistry = await failureOf(connection.call(tuple(atom('via'), atom('Elixir.Nothing'), 'x'), 1));
    expect(noRegistry.name).toBe('ErlangRemoteCallError');
    const strict = await open(node().name, reaching(node()));
    const error = await failureOf(strict.connection.call(tuple(atom('global'), 'shop'), 1));
    expect(error.name).toBe('ErlangRemoteCallsOffError');
    for (const wrong of [tuple(atom('global')), tuple(atom('via'), 'Registry', 'x'), tuple(atom('local'), atom('x'))]) {
      expect((await failureOf(connection.call(wrong, 1))).message).toContain('{global, Name}');
    }
  });

  for (const [kind, to] of [['local', SERVER], ...registered] as [string, string | Tuple<readonly Sendable[]>][]) {
    it(`that is restarted in the middle of a batch has one outcome for each item: ${kind}`, async () => {
      const connect$ = connectErlangNode(node().name, { ...reaching(node()), allowRemoteCalls: true });
      const pool = createPool({ connect: connect$, max: 3, capacity: 10, outlier: false });
      const crashes = new Set([40, 90, 91, 150]);
      const items = Array.from({ length: 200 }, (_, i) => i);
      const work = (connection: ErlangConnection, i: number) => {
        const request = crashes.has(i) ? tuple(atom('raise'), String(i)) : echo(i);
        return concat(timer(i % 7).pipe(ignoreElements()), connection.call(to, request));
      };
      const { successful, failed } = await lastValueFrom(from(items).pipe(withConnection(pool, work), batchParallel(20))); // prettier-ignore
      const outcomes = [...(successful as number[]), ...failed.map(({ index }) => index)];
      expect(outcomes.sort((a, b) => a - b)).toEqual(items);
      expect(failed.map(({ index }) => index)).toEqual(jasmine.arrayContaining([...crashes]));
      for (const { error } of failed) expect((error as Error).name).toMatch(/^Erlang(Crash|NoProcess)Error$/);
      expect(pool.stats.opened).toBeLessThanOrEqual(3);
      await lastValueFrom(
        pool.use((connection) => from(restarted(connection, to))),
        { defaultValue: undefined },
      );
      await pool.destroy();
    });
  }
});
