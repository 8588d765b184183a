import { lastValueFrom } from 'rxjs';
import {
  atom,
  reply,
  tuple,
  variant,
  type Sendable,
  type TermMap,
  type Tuple,
} from '../../../src/connectors/erlang/index';
import { erlangNode } from '../../helpers/erlang';
import { failureOf } from '../msgpack-rpc/support';
import { answerOf, scene } from './support';

describe('an actor of Gleam', () => {
  const { connect } = scene();
  const node = erlangNode();
  const restart = async (): Promise<void> => {
    const connection = await connect(node(), { allowRemoteCalls: true });
    const pid = await answerOf(
      connection.erpc('erlang', 'spawn', [atom('spec_peer'), atom('gleam_named'), [atom('adder')]]),
    );
    await answerOf(connection.erpc('erlang', 'register', [atom('adder'), pid])).catch(() => undefined);
  };

  it('with a name is asked by variants, and told what it does not reply to', async () => {
    const connection = await connect(node());
    await lastValueFrom(connection.tell('adder', variant('reset')), { defaultValue: undefined });
    expect(await answerOf(connection.ask('adder', variant('add', 5, reply())))).toBe(5);
    expect(await answerOf(connection.ask(atom('adder'), variant('add', 2, reply())))).toBe(7);
    await lastValueFrom(connection.tell('adder', variant('put', 40)), { defaultValue: undefined });
    expect(await answerOf(connection.ask(tuple(atom('named_subject'), atom('adder')), variant('get', reply())))).toBe(
      40,
    );
    expect(await answerOf(connection.askRaw('adder', (replyTo) => tuple(atom('get'), replyTo)))).toBe(40);
  });

  it('without a name is asked by its subject', async () => {
    const connection = await connect(node());
    const subject = (await answerOf(connection.call('echo', atom('unnamed')))) as Tuple;
    expect(await answerOf(connection.ask(subject, variant('put_and_get', 1, reply())).pipe()).catch((error: unknown) => (error as Error).name)).toBe('ErlangCrashError'); // prettier-ignore
    expect((await failureOf(connection.ask(subject, variant('get', reply())))).name).toBe('ErlangNoProcessError');
  });

  it('gets variants in lists, tuples and dicts, and sends them back as they came', async () => {
    const connection = await connect(node());
    const echoed = (term: Sendable): Promise<unknown> => answerOf(connection.call('echo', tuple(atom('echo'), term)));
    const user = variant('user', 'Ada', variant('some', 36), [variant('admin'), variant('owner', 'x')]);
    const userTerm: Sendable = tuple(atom('user'), Buffer.from('Ada'), tuple(atom('some'), 36), [
      atom('admin'),
      tuple(atom('owner'), Buffer.from('x')),
    ]);
    expect<unknown>(await echoed([user, variant('none')])).toEqual([userTerm, atom('none')]);
    expect<unknown>(await echoed(tuple(variant('ok', user), 1))).toEqual(tuple(tuple(atom('ok'), userTerm), 1));
    const dict = (await echoed(new Map([[variant('red'), variant('rgb', 255, 0, 0)]]))) as TermMap;
    expect<unknown>([...dict]).toEqual([[atom('red'), tuple(atom('rgb'), 255, 0, 0)]]);
    expect(String(user)).toBe('{user, <<"Ada">>, {some, 36}, [admin, {owner, <<"x">>}]}');
    const inMap = await failureOf(connection.ask('adder', variant('add', new Map([[1, reply() as never]]), reply())));
    expect(inMap.message).toContain('reply() must be a field');
  });

  it('answers many at once, each its own', async () => {
    const connection = await connect(node());
    await lastValueFrom(connection.tell('adder', variant('reset')), { defaultValue: undefined });
    const sums = await Promise.all(Array.from({ length: 100 }, () => answerOf(connection.ask('adder', variant('add', 1, reply()))))); // prettier-ignore
    expect([...sums].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  it('that crashes by a message says so', async () => {
    const connection = await connect(node());
    const error = await failureOf(connection.ask('adder', variant('no_such', reply())));
    expect(error.name).toBe('ErlangCrashError');
    expect(error.causedByMessage).toBe(true);
    await restart();
    expect(await answerOf(connection.ask('adder', variant('add', 1, reply())))).toBe(1);
  });

  it('gets no message that could not be answered, nor one that is no variant', async () => {
    const connection = await connect(node());
    const none = await failureOf(connection.ask('adder', variant('reset')));
    expect(none.name).toBe('ErlangEncodeError');
    expect(none.message).toContain('use tell');
    expect((await failureOf(connection.ask('adder', variant('add', reply(), reply())))).message).toContain('has 2');
    expect((await failureOf(connection.tell('adder', variant('get', reply())))).message).toContain('use ask');
    expect((await failureOf(connection.ask(tuple(atom('other'), 1), variant('get', reply())))).message).toContain('{other, 1}'); // prettier-ignore
    for (const name of ['Add', 'two words', '']) expect(() => variant(name)).toThrowError(TypeError, /snake case/);
    expect(await answerOf(connection.ask('adder', variant('get', reply())))).toEqual(jasmine.any(Number));
  });

  it('of the package distribute is found in :global, and asked by bytes', async () => {
    const connection = await connect(node(), { allowRemoteCalls: true, limits: { maxPayloadBytes: 200 } });
    const bytes = (n: number): Buffer => Buffer.of(0, 0, 0, n);
    const first = (await answerOf(connection.askDistributed('counter', bytes(7)))).readUInt32BE() as number;
    const second = await answerOf(
      connection.askDistributed('counter', (replyTo) => Buffer.concat([bytes(5), replyTo])),
    );
    expect(second.readUInt32BE()).toBe(first + 5);
    const missing = await failureOf(connection.askDistributed('nothing', bytes(1)));
    expect(missing.name).toBe('ErlangNoProcessError');
    expect(missing.message).toContain(':global');
    const tooLong = await failureOf(connection.askDistributed('counter', Buffer.alloc(201)));
    expect(tooLong.name).toBe('ErlangLimitError');
    expect(tooLong.message).toContain('maxPayloadBytes (200)');
  });
});
