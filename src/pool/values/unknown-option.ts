import { suggestion } from './suggestion';

/**
 * What other pools call what there is here: generic-pool, tarn, lightning-pool, pg-pool, mysql2, the driver of MongoDB, HikariCP. In lower case.
 * What needs no option here is named for what does its work.
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
  // How many.
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
  // Of one acquire, and of a batch.
  tag: 'label',
  limitto: 'concurrency',
  maxconcurrent: 'concurrency',
  maxconcurrency: 'concurrency',
  parallelism: 'concurrency',
};

/** What is wrong with an option that does not exist, and which one may be meant. `prefix`: of the object that it is in. */
export function unknownOption(name: string, known: readonly string[], prefix = ''): string {
  const meant = meantBy(name, known, prefix);
  return `${prefix}${name} is not an option; the options are ${known.join(', ')}${meant === '' ? '' : `.${meant}`}`;
}

/** ' Did you mean …?' where there is one to be meant; otherwise nothing. */
export function meantBy(name: string, known: readonly string[], prefix = ''): string {
  const theirs = name.toLowerCase();
  const ours = Object.hasOwn(elsewhere, theirs) ? elsewhere[theirs]! : '';
  return known.includes(ours)
    ? ` Did you mean \`${prefix}${ours}\`?`
    : suggestion(name, known, (word) => `\`${prefix}${word}\``);
}
