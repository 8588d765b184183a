import { forkJoin, lastValueFrom } from 'rxjs';
import {
  atom,
  BitString,
  float,
  fromTerm,
  reply,
  termMap,
  tuple,
  variant,
  type ErlangConnection,
  type TermMap,
  type Tuple,
  type Variant,
} from '../../../src/connectors/erlang/index';
import { erlangNode } from '../../helpers/erlang';
import { failureOf } from '../msgpack-rpc/support';
import { answerOf, scene } from './support';

const some = (value: number): Variant => variant('some', value);
const none = variant('none');
const user = (name: string, age: Variant = none, roles: readonly Variant[] = []): Variant =>
  variant('user', name, age, roles);

/** The actor of gleam/src/store.gleam, which the compiler of Gleam has compiled. */
describe('an actor that Gleam has compiled', () => {
  const { connect } = scene();
  const node = erlangNode({ start: "'store':start()" });
  const store = async () => {
    const connection = await connect(node(), { allowRemoteCalls: true });
    await lastValueFrom(connection.tell('store', variant('clear')), { defaultValue: undefined });
    return {
      ask: (message: Variant) => connection.ask('store', message),
      asked: (message: Variant): Promise<any> => answerOf(connection.ask('store', message)),
      connection,
    };
  };
  const restart = (connection: ErlangConnection): Promise<unknown> => answerOf(connection.erpc('store', 'start'));
  const plain = async (answer: Promise<any>): Promise<unknown> => fromTerm(await answer);

  it('gets records with options and lists of variants, and replies with a result', async () => {
    const { asked } = await store();
    const ada = user('Ada', some(36), [variant('admin'), variant('owner_of', 'the engine'), variant('level', 7)]);
    expect(await plain(asked(variant('put', ada, reply())))).toEqual(['ok', 1]);
    expect(await plain(asked(variant('put', user('Žofie'), reply())))).toEqual(['ok', 2]);
    const found = (await asked(variant('find', 'Ada', reply()))) as Tuple;
    expect(String(found)).toBe('{ok, {user, <<"Ada">>, {some, 36}, [admin, {owner_of, <<"the engine">>}, {level, 7}]}}'); // prettier-ignore
    expect(await plain(asked(variant('find', 'Žofie', reply())))).toEqual(['ok', ['user', 'Žofie', 'none', []]]);
    // What has come is sent back as it is.
    expect(await plain(asked(variant('put', found.at(1) as Tuple, reply())))).toEqual([
      'error', ['conflict', fromTerm(found.at(1) as Tuple), fromTerm(found.at(1) as Tuple)],
    ]); // prettier-ignore
  });

  it('replies with errors of several variants', async () => {
    const { asked } = await store();
    expect(await plain(asked(variant('find', 'Bob', reply())))).toEqual(['error', ['not_found', 'Bob']]);
    // The constructor is HTTPError.
    expect(await plain(asked(variant('put', user('Eve', some(-1)), reply())))).toEqual(['error', ['http_error', 422, ['some', 'age']]]); // prettier-ignore
  });

  it('replies by a subject within a record, also within a list of them', async () => {
    const { asked } = await store();
    for (const name of ['a', 'b', 'c']) await asked(variant('put', user(name, none, [variant('level', 1)]), reply()));
    const query = (limit: Variant): Variant => variant('query', variant('level', 1), limit, reply());
    expect(await asked(variant('search', query(none)))).toHaveSize(3);
    expect(await asked(variant('search', query(some(2))))).toHaveSize(2);
    expect(await plain(asked(variant('search_all', [query(some(1))])))).toEqual([['user', 'a', 'none', [['level', 1]]]]); // prettier-ignore
  });

  it('gets dicts and replies with them, under keys that are variants', async () => {
    const { asked } = await store();
    await asked(variant('put', user('a', none, [variant('admin'), variant('level', 2)]), reply()));
    await asked(variant('put', user('b', none, [variant('level', 2)]), reply()));
    const names = (await asked(variant('by_role', reply()))) as TermMap;
    expect(fromTerm(names.get(variant('level', 2))!)).toEqual(['b', 'a']);
    expect(fromTerm(names.get(atom('admin'))!)).toEqual(['a']);
    expect(names.get(variant('level', 3))).toBeUndefined();
    const ages = new Map([['x', tuple(1, true)]]);
    const merged = { x: [1, true], total: [1, false] };
    expect<unknown>(await plain(asked(variant('merge', ages, reply())))).toEqual(merged);
    const entries = termMap([['x', tuple(1, true)]]);
    expect<unknown>(await plain(asked(variant('merge', entries, reply())))).toEqual(merged);
  });

  it('gets nested lists of floats, and bits', async () => {
    const { asked } = await store();
    const rows = [[float(1), 2.5], [float(3), float(-0)]]; // prettier-ignore
    const transposed = (await asked(variant('transpose', rows, reply()))) as Tuple;
    expect(String(transposed)).toBe('{2, [[1.0, 3.0], [2.5, -0.0]]}');
    expect(await plain(asked(variant('transpose', [], reply())))).toEqual([0, []]);
    expect(String(await asked(variant('bits', Buffer.of(0b101_00001), reply())))).toBe('{ok, <<"\\r">>}');
    expect(String(await asked(variant('bits', new BitString(Buffer.of(0b1010_0000), 5), reply())))).toBe('{ok, <<5:5>>}'); // prettier-ignore
    expect(await plain(asked(variant('bits', new BitString(Buffer.of(128), 1), reply())))).toEqual(['error', null]);
  });

  it('replies with the subject of another, which is asked and told by it', async () => {
    const { asked, connection } = await store();
    const account = (await asked(variant('open_account', float(10), reply()))) as Tuple;
    expect(account.tag).toBe('subject');
    const ask = (message: Variant): Promise<any> => plain(answerOf(connection.ask(account, message)));
    await lastValueFrom(connection.tell(account, variant('deposit', 2.5)), { defaultValue: undefined });
    expect(await ask(variant('withdraw', 12.25, reply()))).toEqual(['ok', 0.25]);
    expect(await ask(variant('withdraw', float(1), reply()))).toEqual(['error', null]);
    expect(await ask(variant('close', reply()))).toBeNull();
    expect((await failureOf(connection.ask(account, variant('close', reply())))).name).toBe('ErlangNoProcessError');
  });

  it('answers each of many at once, in the order in which they were asked', async () => {
    const { ask } = await store();
    const puts = Array.from({ length: 100 }, (_, i) => ask(variant('put', user(`user ${i}`), reply())));
    expect((await answerOf(forkJoin(puts))).map(fromTerm)).toEqual(puts.map((_, i) => ['ok', i + 1]));
  });

  it('ends by a field of the wrong type, and the error has the reason', async () => {
    const { asked, connection } = await store();
    const account = (await asked(variant('open_account', float(10), reply()))) as Tuple;
    // 5 is an Int, where a Float is expected: Gleam's `+.` fails.
    await lastValueFrom(connection.tell(account, variant('deposit', atom('five'))), { defaultValue: undefined });
    expect((await failureOf(connection.ask(account, variant('close', reply())))).name).toMatch(/^Erlang(Crash|NoProcess)Error$/); // prettier-ignore
    const other = (await asked(variant('open_account', float(10), reply()))) as Tuple;
    const unknown = await failureOf(connection.ask(other, variant('rob', float(5), reply())));
    expect(unknown.name).toBe('ErlangCrashError');
    expect(unknown.causedByMessage).toBe(true);
    expect(unknown.reason.at(0).tag).toBe('case_clause');
    const short = await failureOf(
      connection.ask('store', variant('search', variant('query', variant('admin'), reply()))),
    );
    expect(short.causedByMessage).withContext(String(short.reason)).toBe(true);
    await restart(connection);
    const typo = await failureOf(
      connection.ask('store', variant('search', variant('query', variant('admin'), variant('sone', 5), reply()))),
    );
    expect(typo.causedByMessage).withContext(String(typo.reason)).toBe(true);
    await restart(connection);
  });
});
