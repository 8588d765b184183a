import { suggestion } from './suggestion';

/**
 * Option names of other pools (generic-pool, tarn, lightning-pool, pg-pool, mysql2, the driver of MongoDB, HikariCP) in lower case, and the
 * option of this pool with the same purpose.
 */
const elsewhere: Readonly<Record<string, string>> = {
  // How connections are opened and closed.
  create: 'connect',
  factory: 'connect',
  destroy: 'close',
  disconnect: 'close',
  createtimeoutmillis: 'connectTimeout',
  destroytimeoutmillis: 'closeTimeout',
  createretryintervalmillis: 'retryDelay',
  acquireretrywait: 'retryDelay',
  acquiremaxretries: 'breaker',
  propagatecreateerror: 'breaker',
  maxconnecting: 'maxOpening',
  // The number of connections.
  size: 'max',
  limit: 'max',
  poolsize: 'max',
  maxsize: 'max',
  maxpoolsize: 'max',
  maximumpoolsize: 'max',
  connectionlimit: 'max',
  maxconnections: 'max',
  minsize: 'min',
  minidle: 'min',
  minpoolsize: 'min',
  minimumidle: 'min',
  autostart: 'min',
  // How callers wait.
  timeout: 'acquireTimeout',
  acquiretimeoutmillis: 'acquireTimeout',
  acquiretimeoutms: 'acquireTimeout',
  connectiontimeoutmillis: 'acquireTimeout',
  connectiontimeout: 'acquireTimeout',
  waitqueuetimeoutms: 'acquireTimeout',
  maxwaitingclients: 'maxPending',
  maxwaiting: 'maxPending',
  maxqueue: 'maxPending',
  queuelimit: 'maxPending',
  waitforconnections: 'maxPending',
  fifo: 'order',
  // How connections age.
  idletimeoutmillis: 'idleTimeout',
  softidletimeoutmillis: 'idleTimeout',
  maxidletimems: 'idleTimeout',
  evictionrunintervalmillis: 'idleTimeout',
  numtestsperevictionrun: 'idleTimeout',
  reapintervalmillis: 'idleTimeout',
  housekeepinterval: 'idleTimeout',
  maxlifetimeseconds: 'maxLifetime',
  maxage: 'maxLifetime',
  // How they are looked at.
  validation: 'validate',
  testonborrow: 'validate',
  testonreturn: 'reset',
  resetonreturn: 'reset',
  leakdetectionthreshold: 'leakThreshold',
  poolname: 'name',
  // The options of an acquire, and of a batch.
  tag: 'label',
  limitto: 'concurrency',
  maxconcurrent: 'concurrency',
  maxconcurrency: 'concurrency',
  parallelism: 'concurrency',
};

/** The problem with an option that does not exist, and a suggestion. `prefix`: the path of the object that contains it. */
export function unknownOption(name: string, known: readonly string[], prefix = ''): string {
  const meant = meantBy(name, known, prefix);
  return `${prefix}${name} is not an option; the options are ${known.join(', ')}${meant === '' ? '' : `.${meant}`}`;
}

/** ' Did you mean …?' if an option is similar or has the same purpose; otherwise an empty string. */
export function meantBy(name: string, known: readonly string[], prefix = ''): string {
  const lowerCase = name.toLowerCase();
  const equivalent = Object.hasOwn(elsewhere, lowerCase) ? elsewhere[lowerCase]! : '';
  return known.includes(equivalent)
    ? ` Did you mean \`${prefix}${equivalent}\`?`
    : suggestion(name, known, (word) => `\`${prefix}${word}\``);
}
