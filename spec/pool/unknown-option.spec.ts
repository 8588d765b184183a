import { createPool } from '../../src/index';
import { meantBy, unknownOption } from '../../src/pool/values/unknown-option';
import { suggestion } from '../../src/pool/values/suggestion';

/** The options of other pools, and the option of this pool, of an acquire or of a batch with the same purpose. */
const elsewhere: Readonly<Record<string, string>> = {
  connect: 'create factory',
  close: 'destroy disconnect',
  connectTimeout: 'createTimeoutMillis',
  closeTimeout: 'destroyTimeoutMillis',
  retryDelay: 'createRetryIntervalMillis acquireRetryWait',
  breaker: 'acquireMaxRetries propagateCreateError',
  maxOpening: 'maxConnecting',
  max: 'size limit poolSize maxSize maxPoolSize maximumPoolSize connectionLimit maxConnections',
  min: 'minSize minIdle minPoolSize minimumIdle autostart',
  acquireTimeout:
    'timeout acquireTimeoutMillis acquireTimeoutMs connectionTimeoutMillis connectionTimeout waitQueueTimeoutMS',
  maxPending: 'maxWaitingClients maxWaiting maxQueue queueLimit waitForConnections',
  order: 'fifo',
  idleTimeout:
    'idleTimeoutMillis softIdleTimeoutMillis maxIdleTimeMS evictionRunIntervalMillis numTestsPerEvictionRun ' +
    'reapIntervalMillis housekeepInterval',
  maxLifetime: 'maxLifetimeSeconds maxAge',
  validate: 'validation testOnBorrow',
  reset: 'testOnReturn resetOnReturn',
  leakThreshold: 'leakDetectionThreshold',
  name: 'poolName',
  label: 'tag',
  concurrency: 'limitTo maxConcurrent maxConcurrency parallelism',
};

describe('an option of another pool', () => {
  for (const [meant, names] of Object.entries(elsewhere)) {
    it(`with the purpose of ${meant} suggests it: ${names.replaceAll(' ', ', ')}`, () => {
      for (const name of names.split(' ')) {
        expect(meantBy(name, ['other', meant]))
          .withContext(name)
          .toBe(` Did you mean \`${meant}\`?`);
      }
    });
  }

  it('suggests no option that does not exist in this place', () => {
    expect(meantBy('idleTimeoutMillis', ['concurrency'])).toBe('');
    expect(meantBy('constructor', ['concurrency'])).toBe('');
  });

  it('suggests only options that a pool, an acquire or a batch has', () => {
    let message = '';
    try {
      createPool({ xyz: 1 } as never);
    } catch (error) {
      ({ message } = error as Error);
    }
    for (const meant of Object.keys(elsewhere).filter((name) => !['label', 'concurrency'].includes(name)))
      expect(message).toMatch(new RegExp(`the options are .*\\b${meant}\\b`));
  });
});

describe('the text about an unknown option', () => {
  it('is told with the known ones, and with the path of its object', () => {
    expect(unknownOption('colour', ['max', 'min'])).toBe('colour is not an option; the options are max, min');
    expect(unknownOption('initail', ['initial', 'max'], 'retryDelay.')).toBe(
      'retryDelay.initail is not an option; the options are initial, max. Did you mean `retryDelay.initial`?',
    );
  });
});

describe('a suggestion', () => {
  const words = ['interval', 'max', 'retry', 'size'];
  const cases: [written: string, meant: string][] = [
    // One letter wrong, missing, too many, or two in the wrong order.
    ['intervel', 'interval'],
    ['interva', 'interval'],
    ['intervall', 'interval'],
    ['intevral', 'interval'],
    ['INTERVAL', 'interval'],
    // Two of eight letters, but not three.
    ['intrvl', 'interval'],
    ['intrvx', ''],
    // One of three letters, also in front and at the end, but not two.
    ['mx', 'max'],
    ['maxx', 'max'],
    ['amx', 'max'],
    ['tax', 'max'],
    ['mab', 'max'],
    ['tab', ''],
    ['m', ''],
    ['', ''],
    // The nearest of several.
    ['siz', 'size'],
    ['rety', 'retry'],
    // Swapped, and apart from that right.
    ['ertry', 'retry'],
    ['retyr', 'retry'],
  ];
  for (const [written, meant] of cases) {
    it(`for '${written}' is ${meant === '' ? 'none' : meant}`, () => {
      expect(suggestion(written, words)).toBe(meant === '' ? '' : ` Did you mean '${meant}'?`);
    });
  }

  it('is the nearest, wherever it stands in the list', () => {
    for (const list of [
      ['ab', 'abcd', 'abcdef'],
      ['abcdef', 'abcd', 'ab'],
    ]) {
      expect(suggestion('abcde', list, (word) => word)).toMatch(/ Did you mean abcd(ef)?\?/);
      expect(suggestion('abxcd', list, (word) => `<${word}>`)).toBe(' Did you mean <abcd>?');
    }
  });

  it('is none for text that is more than twice as long as every word', () => {
    // A distance of 8 is less than a third of the length of the longer word, so only the length speaks against it.
    expect(suggestion('x'.repeat(10), ['abcde'])).toBe('');
    expect(suggestion('abcdefghij', [])).toBe('');
  });
});
