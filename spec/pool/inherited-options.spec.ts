import { EMPTY } from 'rxjs';
import * as ix from '../../src/ix/index';
import { batchOutcomes, batchParallel, createPool, trackProgress } from '../../src/index';
import type { PoolOptions } from '../../src/index';
import { connectNode, serveNode } from '../../src/connectors/msgpack-rpc/index';
import { simulate } from '../../src/simulation/index';
import { stressTest } from '../../src/stress/index';
import { opensAtOnce } from '../helpers/marbles';

const connect = () => opensAtOnce('c');
const good: PoolOptions<string> = { connect, max: 2 };

/** The ways in which an object has a property that is not its own. */
const ways: Record<string, (own: object, other: object) => object> = {
  'from defaults': (own, other) => Object.assign(Object.create(other) as object, own),
  // Not enumerable, as those of a class.
  'by getters of a class': (own, other) => Object.assign(Object.create(gettersOf(other)) as object, own),
  'by getters of the class that its class extends': (own, other) =>
    Object.assign(Object.create(Object.create(gettersOf(other)) as object) as object, own),
  'that are not enumerable': (own, other) =>
    Object.defineProperties(
      { ...own },
      Object.fromEntries(
        Object.entries(other).map(([name, value]) => [name, { value: value as unknown, enumerable: name === 'maxx' }]),
      ),
    ),
};

function gettersOf(values: object): object {
  const getters = Object.entries(values).map(([name, value]) => [name, { get: () => value as unknown }] as const);
  return Object.defineProperties({}, Object.fromEntries(getters));
}

/** The problems that are reported for invalid options. */
async function refusalOf(use: () => unknown): Promise<string> {
  try {
    await use();
    return 'nothing is refused';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('options that are not an object’s own', () => {
  for (const [way, having] of Object.entries(ways)) {
    const o = (own: object, other: object): never => having(own, other) as never;
    const pool = createPool(good);
    const uses: Record<string, [() => unknown, RegExp]> = {
      createPool: [() => createPool(o(good, { min: -1 })), /min must be/],
      'createPool, of required options': [() => createPool(o({ connect }, { max: 0 })), /max must be/],
      'createPool, of an object within': [
        () => createPool({ ...good, breaker: o({}, { failures: 'many' }) }),
        /breaker\.failures must be/,
      ],
      'createPool, of a time within': [
        () => createPool({ ...good, retryDelay: o({}, { max: -5 }) }),
        /retryDelay\.max must be/,
      ],
      acquire: [() => pool.acquire(o({}, { acquireTimeout: 'long' })), /acquireTimeout must be/],
      use: [() => pool.use(() => EMPTY, o({ label: 'x' }, { acquireTimeout: -1 })), /acquireTimeout must be/],
      batchParallel: [() => batchParallel(o({}, { concurrency: 0 })), /concurrency must be/],
      batchOutcomes: [() => batchOutcomes(o({ concurrency: 1 }, { ordered: 'yes' })), /ordered must be/],
      trackProgress: [() => trackProgress(() => undefined, o({}, { total: -1 })), /total must be/],
      'batchParallel of ./ix': [() => ix.batchParallel(o({}, { stopOnError: 1 })), /stopOnError must be/],
      stressTest: [() => stressTest(pool, o({ workers: 1 }, { operations: 0 })), /operations must be/],
      simulate: [
        () => simulate(o({ pool: { max: 1 }, work: '1ms', operations: 1 }, { arrivals: { rate: -1 } })),
        /rate must be|arrivals/,
      ],
      connectNode: [() => connectNode('tcp://127.0.0.1:1', o({}, { keepAlive: 'no' })), /keepAlive must be/],
      serveNode: [() => serveNode(o({ methods: {} }, { port: -1 })), /port must be/],
    };
    for (const [what, [use, wanted]] of Object.entries(uses)) {
      it(`of ${what} are checked like own ones, when they come ${way}`, async () => {
        expect(await refusalOf(use)).toMatch(wanted);
      });
    }

    const unknown: Record<string, () => unknown> = {
      createPool: () => createPool(o(good, { maxx: 1 })),
      acquire: () => pool.acquire(o({}, { maxx: 1 })),
      batchParallel: () => batchParallel(o({}, { maxx: 1 })),
      stressTest: () => stressTest(pool, o({ workers: 1, operations: 1 }, { maxx: 1 })),
      simulate: () =>
        simulate(o({ pool: { max: 1 }, arrivals: { every: '1ms' }, work: '1ms', operations: 1 }, { maxx: 1 })),
      connectNode: () => connectNode('tcp://127.0.0.1:1', o({}, { maxx: 1 })),
      serveNode: () => serveNode(o({ methods: {} }, { maxx: 1 })),
    };
    for (const [what, use] of Object.entries(unknown)) {
      it(`of ${what} are rejected when no option has that name, and they come ${way}`, async () => {
        expect(await refusalOf(use)).toMatch(/maxx is not/);
      });
    }
  }

  it('are used when they are valid', async () => {
    class Options {
      get connect() {
        return connect;
      }
      get max() {
        return 3;
      }
    }
    const pool = createPool(new Options());
    expect(pool.stats.maxConnections).toBe(3);
    const label = Object.create({ label: 'inherited' }) as object;
    pool.acquire(label).subscribe();
    expect(pool.holders().map((holder) => holder.label)).toEqual(['inherited']);
    await pool.destroy({ timeout: 0 });
  });

  it('are read once: the checked value is the used value', () => {
    let reads = 0;
    const pool = createPool({
      connect,
      get max() {
        return ++reads === 1 ? 2 : -1;
      },
      retryDelay: {
        get initial() {
          return ++reads === 2 ? 5 : NaN;
        },
      },
    });
    expect(reads).toBe(2);
    expect(pool.stats.maxConnections).toBe(2);
  });

  it('do not include the properties of every object', () => {
    const bare = Object.assign(Object.create(null) as object, good) as PoolOptions<string>;
    expect(createPool(bare).stats.maxConnections).toBe(2);
  });
});
