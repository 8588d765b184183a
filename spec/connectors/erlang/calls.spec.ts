import { forkJoin, from, lastValueFrom, toArray } from 'rxjs';
import { atom, connectErlangNode, encodeTerm, fromTerm, Pid, tuple, type Sendable, type Term } from '../../../src/connectors/erlang/index'; // prettier-ignore
import { batchParallel, batchSequential, createPool, withConnection } from '../../../src/index';
import { erlangNode } from '../../helpers/erlang';
import { after, failureOf } from '../msgpack-rpc/support';
import { answerOf, reaching, scene } from './support';

const echo = (term: Sendable): Sendable => tuple(atom('echo'), term);

describe('a call to a real node', () => {
  const { connect, open } = scene();
  const node = erlangNode();
  const evaluate = (name: string, args: readonly Sendable[]) => connect(node(), { allowRemoteCalls: true }).then((connection) => answerOf(connection.erpc('erlang', name, args))); // prettier-ignore

  it('is answered by a gen_server, by its name or by its pid', async () => {
    const connection = await connect(node());
    expect(String(await answerOf(connection.call('echo', echo({ a: [1, 2.5, null] }))))).toBe(
      '#{<<"a">> => [1, 2.5, null]}',
    );
    const pid = await answerOf(connection.call(atom('echo'), atom('pid')));
    expect(pid).toBeInstanceOf(Pid);
    expect(await answerOf(connection.call(pid as Pid, tuple(atom('word_count'), 'so it goes')))).toBe(3);
  });

  it('is answered by the process that has a name in a registry, as it is each time', async () => {
    const connection = await connect(node(), { allowRemoteCalls: true });
    const name = tuple(atom('global'), tuple(atom('spec'), 'name'));
    const pid = await answerOf(connection.call('echo', atom('pid')));
    const missing = await failureOf(connection.call(name, echo(1)));
    expect(missing.name).toBe('ErlangNoProcessError');
    expect(missing.message).toContain('{global, {spec, <<"name">>}}');
    await answerOf(connection.erpc('global', 'register_name', [name.at(1)!, pid]));
    expect(await answerOf(connection.call(name, echo(5)))).toBe(5);
    const via = tuple(atom('via'), atom('global'), name.at(1)!);
    expect(String(await answerOf(connection.call(via, atom('pid'))))).toBe(String(pid));
    await answerOf(connection.erpc('global', 'unregister_name', [name.at(1)!]));
    expect((await failureOf(connection.cast(name, 1))).name).toBe('ErlangNoProcessError');
    const strict = await connect(node());
    expect((await failureOf(strict.call(name, echo(1)))).name).toBe('ErlangRemoteCallsOffError');
    for (const wrong of [tuple(atom('global')), tuple(atom('via'), 'global', 'x'), tuple(atom('echo'), 'x')]) {
      expect((await failureOf(connection.call(wrong, 1))).message).toContain('{global, Name} or {via, Module, Name}');
    }
  });

  it('is cold: made anew for each subscription, and not before', async () => {
    const connection = await connect(node());
    const call$ = connection.call('echo', echo(1));
    expect(await Promise.all([answerOf(call$), answerOf(call$)])).toEqual([1, 1]);
  });

  it('is one of many on the way, answered in any order', async () => {
    const connection = await connect(node());
    const calls = Array.from({ length: 500 }, (_, i) => connection.call('echo', tuple(atom('sleep'), (i * 7) % 30, i)));
    expect(await answerOf(forkJoin(calls))).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  it('fails at once when there is no process of that name', async () => {
    const connection = await connect(node());
    const error = await failureOf(connection.call('nothing', 1));
    expect(error.name).toBe('ErlangNoProcessError');
    expect(error.code).toBe('ERLANG_NO_PROCESS');
    expect(error.process).toBe('nothing');
    expect(await answerOf(connection.call('echo', echo(2)))).toBe(2);
  });

  it('fails at once when the process crashes, with its reason, and says whether the message did it', async () => {
    const connection = await connect(node(), { allowRemoteCalls: true });
    const start = () => answerOf(connection.erpc('gen_server', 'start', [tuple(atom('local'), atom('fragile_one')), atom('spec_peer'), [], []])); // prettier-ignore
    await start();
    const waiting = failureOf(connection.call('fragile_one', tuple(atom('later'), 1)));
    const crashed = await failureOf(connection.call('fragile_one', tuple(atom('unknown'), { a: 1 })));
    expect(crashed.name).toBe('ErlangCrashError');
    expect(crashed.reason.at(0)).toBe(atom('function_clause'));
    expect(crashed.causedByMessage).toBe(true);
    expect(crashed.message).toContain('Your message crashed it');
    expect(JSON.parse(JSON.stringify(crashed)).reason).toContain('function_clause');
    const other = await waiting;
    expect(other.name).toBe('ErlangCrashError');
    expect(other.causedByMessage).toBe(false);
    await start();
    const refused = await failureOf(connection.call('fragile_one', tuple(atom('fail_if'), 5, 5)));
    expect(String(refused.reason.at(0))).toBe('{refused, 5}');
    await start();
    const stopped = await failureOf(connection.call('fragile_one', tuple(atom('stop'), atom('normal'))));
    expect(stopped.reason).toBe(atom('normal'));
  });

  it('that is cancelled is forgotten, and leaves no monitor behind', async () => {
    const connection = await connect(node());
    for (let i = 0; i < 20; i++) {
      const subscription = connection.call('echo', tuple(atom('sleep'), 1, i)).subscribe();
      if (i % 2 === 0) await after(0);
      subscription.unsubscribe();
    }
    await answerOf(forkJoin(Array.from({ length: 50 }, (_, i) => connection.call('echo', echo(i)))));
    const monitors = (): Promise<number> => answerOf(connection.call('echo', atom('monitors')));
    // The monitor of this call itself; those of connections of other specs that have just been closed end as well.
    while ((await monitors()) > 1) await after(5);
    expect(await monitors()).toBe(1);
  });

  it('that is taken back, or cannot be sent, takes the end of another one with it no further', async () => {
    const connection = await connect(node());
    const wrong = undefined as unknown as Sendable;
    const followedBy = (follow: () => void): Promise<void> =>
      new Promise((resolve) => {
        connection.call('echo', echo(1)).subscribe({
          complete: () => {
            follow();
            resolve();
          },
        });
      });
    for (let i = 0; i < 5; i++) {
      await followedBy(() => connection.call('echo', echo(2)).subscribe().unsubscribe());
      await followedBy(() => connection.call('echo', wrong).subscribe({ error: () => {} }));
    }
    const monitors = (): Promise<number> => answerOf(connection.call('echo', atom('monitors')));
    while ((await monitors()) > 1) await after(5);
    expect(await monitors()).toBe(1);
  });

  it('that cannot be sent harms no other', async () => {
    const connection = await connect(node());
    const wrong = undefined as unknown as Sendable;
    const errors = await Promise.all([
      failureOf(connection.call('echo', echo(wrong))),
      failureOf(connection.call('', echo(1))),
      failureOf(connection.cast('echo', echo(wrong))),
      failureOf(connection.call(new Pid(atom('other@host'), 1, 0, 1), echo(1))),
    ]);
    expect(errors.map(({ name }) => name)).toEqual(['ErlangEncodeError', 'ErlangEncodeError', 'ErlangEncodeError', 'ErlangNoProcessError']); // prettier-ignore
    expect(errors[3].message).toContain('connect to that node');
    expect(await answerOf(connection.call('echo', echo(1)))).toBe(1);
  });

  it('is not needed for a cast or a message, which complete when they are on their way', async () => {
    const connection = await connect(node());
    await lastValueFrom(connection.cast('echo', tuple(atom('other'), 5)), { defaultValue: undefined });
    await lastValueFrom(connection.send('nothing', 'lost'), { defaultValue: undefined });
    expect(await answerOf(connection.call('echo', echo(1)))).toBe(1);
  });

  it('brings every kind of term, and the node reads each as it wrote it', async () => {
    const connection = await connect(node());
    const terms = (await answerOf(connection.call('echo', atom('any_tag')))) as readonly Term[];
    expect(terms.length).toBeGreaterThan(35);
    const same = await answerOf(connection.call('echo', tuple(atom('same_as_any_tag'), terms)));
    expect(fromTerm(same)).toEqual([]);
  });

  it('reads what term_to_binary made, and binary_to_term reads what was made here', async () => {
    const connection = await connect(node());
    const term = tuple(atom('a'), 'text', [1, 2], { k: 2 ** 60 }, [300, 1.5]);
    const back = await answerOf(connection.call('echo', tuple(atom('term_of'), encodeTerm(term))));
    expect(encodeTerm(back).equals(encodeTerm(term))).toBe(true);
  });

  it('lets no function be called unless that is allowed', async () => {
    const connection = await connect(node());
    const error = await failureOf(connection.erpc('erlang', 'node'));
    expect(error.name).toBe('ErlangRemoteCallsOffError');
    expect(error.message).toContain('allowRemoteCalls');
    expect((await failureOf(connection.askDistributed('counter', Buffer.of(0, 0, 0, 1)))).name).toBe('ErlangRemoteCallsOffError'); // prettier-ignore
    expect(await evaluate('node', [])).toBe(atom('worker@127.0.0.1'));
    const failed = await failureOf(connect(node(), { allowRemoteCalls: true }).then((one) => answerOf(one.erpc('lists', 'nth', [5, [1]])))); // prettier-ignore
    expect(failed.name).toBe('ErlangRemoteCallError');
    expect(failed.function).toBe('lists:nth/2');
  });

  it('is not held up by what the function prints', async () => {
    const connection = await connect(node(), { allowRemoteCalls: true });
    expect(await answerOf(connection.erpc('io', 'format', ['printed there~n']))).toBe(atom('ok'));
    while (!node().output().includes('printed there')) await after(5);
    expect(await answerOf(connection.call('echo', tuple(atom('print'), 'as well\n')))).toBe(atom('ok'));
  });

  it('answers what the node asks of this side', async () => {
    const connection = await connect(node());
    expect(await answerOf(connection.call('echo', atom('link_client')))).toBe(atom('linked'));
    expect(await answerOf(connection.call('echo', atom('monitor_client')))).toBe(atom('noproc'));
    expect(await answerOf(connection.call('echo', atom('client')))).toBe(atom(connection.name));
  });

  it('fails when this side closes the connection, or has closed it', async () => {
    const { connection, close } = await open(node().name, reaching(node()));
    const call = failureOf(connection.call('echo', tuple(atom('sleep'), 5_000, 1)));
    await after(5);
    close();
    expect((await call).name).toBe('ErlangNodeDownError');
    const late = await failureOf(connection.call('echo', echo(1)));
    expect(late.message).toContain('was not sent');
  });
});

describe('a pool of connections to a real node', () => {
  const node = erlangNode();
  const pools: { destroy(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const pool of pools.splice(0)) await pool.destroy();
  });
  const poolOf = (max: number, capacity = 1) => {
    const pool = createPool({ connect: connectErlangNode(node().name, reaching(node())), max, capacity });
    pools.push(pool);
    return pool;
  };

  it('carries both batches, each failure by its index', async () => {
    const pool = poolOf(10);
    await pool.warmUp(10);
    const items = Array.from({ length: 200 }, (_, i) => i);
    const count = (one: number) => (connection: { call(to: string, request: Sendable): any }) => connection.call('echo', echo(one)); // prettier-ignore
    const sequential$ = from(items).pipe(withConnection(pool, (connection, item) => count(item)(connection)));
    expect(await lastValueFrom(sequential$.pipe(batchSequential(), toArray()))).toEqual(items);
    const sometimes$ = from(items).pipe(
      withConnection(pool, (connection, item) => connection.call(item % 50 === 7 ? 'nothing' : 'echo', echo(item))),
    );
    const { successful, failed }: any = await lastValueFrom(sometimes$.pipe(batchParallel(10)));
    expect(successful).toEqual(items.filter((item) => item % 50 !== 7));
    expect(failed.map(({ index }: any) => index)).toEqual([7, 57, 107, 157]);
    expect(failed.map(({ error }: any) => error.name)).toEqual(Array(4).fill('ErlangNoProcessError'));
    expect(pool.stats.totalConnections).toBe(10);
    expect(pool.stats.opened).toBe(10);
  });

  it('carries several calls on each connection', async () => {
    const pool = poolOf(2, 50);
    const calls = Array.from({ length: 300 }, (_, i) => pool.use((connection) => connection.call('echo', echo(i))));
    expect(await answerOf(forkJoin(calls))).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect(pool.stats.totalConnections).toBeLessThanOrEqual(2);
  });

  it('has one outcome for each item when the process crashes in the middle, and its connections go on', async () => {
    const pool = poolOf(4, 4);
    const tasks$ = from(Array.from({ length: 60 }, (_, i) => i)).pipe(
      withConnection(pool, (connection, item) => connection.call('fragile', item === 20 ? tuple(atom('crash'), item) : echo(item))), // prettier-ignore
    );
    const { successful, failed } = await lastValueFrom(tasks$.pipe(batchParallel(16)));
    expect(successful.length + failed.length).toBe(60);
    expect(failed.map(({ index }: any) => index)).toContain(20);
    for (const { error } of failed)
      expect(['ErlangCrashError', 'ErlangNoProcessError']).toContain((error as Error).name);
    expect(await answerOf(pool.use((connection) => connection.call('echo', echo('fine'))))).toEqual(Buffer.from('fine')); // prettier-ignore
  });
});
