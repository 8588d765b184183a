import { messageOf } from '../../src/pool/values/describe';
import type { ConnectionFailedError, PoolExhaustedError } from '../../src/index';
import {
  acquireTimedOut,
  closedByDestroy,
  connectionLost,
  destroyCalledInWork,
  overloaded,
  poolDestroyed,
  queueFull,
  targetDown,
  warmUpTimedOut,
} from '../../src/pool/reports/error-texts';
import type { Diagnosis } from '../../src/pool/reports/error-texts';

const refused = new Error('refused');

const full: Diagnosis = {
  name: 'db',
  max: 10,
  total: 10,
  inUse: 10,
  opening: 0,
  closing: 0,
  validating: 0,
  resetting: 0,
  pending: 7,
  attempts: 0,
  lastFailure: undefined,
  failedPhase: 'open',
  holders: [],
  cancelled: 0,
  isSelfDeadlock: false,
};

const deadlock =
  'It was acquired inside work that holds a connection of this same pool: when such work holds every connection, each waits for the other. ' +
  'Use the connection that the work already holds, or a second pool.';

const target = (count: number): string =>
  `Check that the target is up, and that it accepts ${count} connections: check its limit, and how many of them other clients use.`;

/** What differs in the state, how the use of the connections reads, what is said after it, and what a warm-up is told. */
const states: [name: string, state: Partial<Diagnosis>, inUse: string, then: string, warmUp: string][] = [
  [
    'all connections leased',
    { holders: [{ connection: 1, age: 41000, label: 'report' }] },
    '10/10 connections in use',
    "Longest held 41 s by 'report'. <size>",
    'the last connections were lost soon after they had been opened, and the pool pauses before the next connect. <target>',
  ],
  [
    'three holders',
    {
      holders: [
        { connection: 1, age: 41000, label: 'report' },
        { connection: 2, age: 900 },
        { connection: 3, age: 5, label: 'b' },
      ],
    },
    '10/10 connections in use',
    "Longest held 41 s by 'report', 900 ms, 5 ms by 'b'. <size>",
    'the last connections were lost soon after they had been opened, and the pool pauses before the next connect. <target>',
  ],
  [
    'four holders',
    {
      holders: [
        { connection: 1, age: 41000, label: 'report' },
        { connection: 2, age: 900 },
        { connection: 3, age: 5, label: 'b' },
        { connection: 4, age: 1 },
      ],
    },
    '10/10 connections in use',
    "Longest held 41 s by 'report', 900 ms, 5 ms by 'b' …. <size>",
    'the last connections were lost soon after they had been opened, and the pool pauses before the next connect. <target>',
  ],
  [
    'a caller that holds one itself',
    { isSelfDeadlock: true },
    '10/10 connections in use',
    '<deadlock>',
    'the last connections were lost soon after they had been opened, and the pool pauses before the next connect. <target>',
  ],
  [
    'one of ten open, connects failed',
    { total: 1, inUse: 1, attempts: 3, lastFailure: refused, holders: [{ connection: 1, age: 5 }] },
    '1/10 connections in use (1 open)',
    'The last 3 connects failed (refused). Longest held 5 ms. <target> Or make the work shorter, or lower the concurrency.',
    'the last 3 connects failed (refused). <target>',
  ],
  [
    'all open again after a failed connect',
    { attempts: 1, lastFailure: refused },
    '10/10 connections in use',
    '<size>',
    'the last connect failed (refused). <target>',
  ],
  [
    'one of ten open, one connecting',
    { total: 1, inUse: 1, opening: 1 },
    '1/10 connections in use (1 open, 1 opening)',
    '<target>',
    'the connect in progress has not answered. <target>',
  ],
  [
    'one of ten open, none connecting',
    { total: 1, inUse: 1 },
    '1/10 connections in use (1 open)',
    '<size>',
    'the last connections were lost soon after they had been opened, and the pool pauses before the next connect. <target>',
  ],
  [
    'a validation failed',
    { total: 1, inUse: 1, attempts: 1, lastFailure: refused, failedPhase: 'validate' },
    '1/10 connections in use (1 open)',
    'The last connect failed (refused). <target> Check that validate is right about new connections.',
    'the last connect failed (refused). <target> Check that validate is right about new connections.',
  ],
  [
    'some in validation',
    { validating: 2, inUse: 10 },
    '10/10 connections in use (2 being validated)',
    'Make validate answer sooner, or lower connectTimeout, which bounds it.',
    '2 are being validated. Make validate answer sooner, or lower connectTimeout, which bounds it.',
  ],
  [
    'some in reset',
    { resetting: 2 },
    '10/10 connections in use (2 being reset)',
    'Make reset end sooner, or lower cancelTimeout, which bounds it.',
    'the last connections were lost soon after they had been opened, and the pool pauses before the next connect. <target>',
  ],
  [
    'some held by cancelled work',
    {
      cancelled: 2,
      holders: [
        { connection: 1, age: 5 },
        { connection: 2, age: 4 },
      ],
    },
    '10/10 connections in use (2 held by cancelled work)',
    'Longest held 5 ms, 4 ms. Make cancelled work (its signal, onCancel) end sooner, or lower cancelTimeout, which bounds it.',
    'the last connections were lost soon after they had been opened, and the pool pauses before the next connect. <target>',
  ],
  [
    'some held by cancelled work, others by callers',
    {
      cancelled: 1,
      holders: [
        { connection: 1, age: 5 },
        { connection: 2, age: 4 },
      ],
    },
    '10/10 connections in use (1 held by cancelled work)',
    'Longest held 5 ms, 4 ms. Make cancelled work (its signal, onCancel) end sooner, or lower cancelTimeout, which bounds it. Or make the work shorter, or lower the concurrency.',
    'the last connections were lost soon after they had been opened, and the pool pauses before the next connect. <target>',
  ],
  [
    'some closing',
    { total: 8, inUse: 8, closing: 2 },
    '8/10 connections in use (8 open, 2 closing)',
    'Make close end sooner, or lower closeTimeout, which bounds it.',
    '2 of 10 slots are occupied by connections that are still closing. Make close end sooner, or lower closeTimeout, which bounds it.',
  ],
  [
    'everything at once',
    {
      total: 4,
      inUse: 4,
      opening: 3,
      closing: 2,
      validating: 1,
      resetting: 1,
      cancelled: 1,
      attempts: 2,
      lastFailure: refused,
      failedPhase: 'validate',
      holders: [
        { connection: 1, age: 5 },
        { connection: 2, age: 4 },
      ],
    },
    '4/10 connections in use (4 open, 3 opening, 2 closing, 1 being validated, 1 being reset, 1 held by cancelled work)',
    'The last 2 connects failed (refused). Longest held 5 ms, 4 ms. <target> Check that validate is right about new connections. Make validate answer sooner, or lower connectTimeout, which bounds it. Make reset end sooner, or lower cancelTimeout, which bounds it. Make cancelled work (its signal, onCancel) end sooner, or lower cancelTimeout, which bounds it. Make close end sooner, or lower closeTimeout, which bounds it. Or make the work shorter, or lower the concurrency.',
    'the last 2 connects failed (refused), and 3 connects in progress have not answered, and 1 is being validated, and 2 of 10 slots are occupied by connections that are still closing. <target> Check that validate is right about new connections. Make validate answer sooner, or lower connectTimeout, which bounds it. Make close end sooner, or lower closeTimeout, which bounds it.',
  ],
  [
    'none open, none tried',
    { total: 0, inUse: 0 },
    '0/10 connections in use (0 open)',
    '<size>',
    'the last connections were lost soon after they had been opened, and the pool pauses before the next connect. <target>',
  ],
  [
    'none open, one connecting',
    { total: 0, inUse: 0, opening: 1 },
    '0/10 connections in use (0 open, 1 opening)',
    '<target>',
    'the connect in progress has not answered. <target>',
  ],
  [
    'none open, two connecting',
    { total: 0, inUse: 0, opening: 2 },
    '0/10 connections in use (0 open, 2 opening)',
    '<target>',
    '2 connects in progress have not answered. <target>',
  ],
  [
    'none open, one connect failed',
    { total: 0, inUse: 0, attempts: 1, lastFailure: refused },
    '0/10 connections in use (0 open)',
    'The last connect failed (refused). <target>',
    'the last connect failed (refused). <target>',
  ],
  [
    'none open, five connects failed',
    { total: 0, inUse: 0, attempts: 5, lastFailure: refused, closing: 1 },
    '0/10 connections in use (0 open, 1 closing)',
    'The last 5 connects failed (refused). <target> Make close end sooner, or lower closeTimeout, which bounds it.',
    'the last 5 connects failed (refused), and 1 of 10 slots are occupied by connections that are still closing. <target> Make close end sooner, or lower closeTimeout, which bounds it.',
  ],
  [
    'none open, a validation failed',
    { total: 0, inUse: 0, attempts: 1, lastFailure: refused, failedPhase: 'validate' },
    '0/10 connections in use (0 open)',
    'The last connect failed (refused). <target> Check that validate is right about new connections.',
    'the last connect failed (refused). <target> Check that validate is right about new connections.',
  ],
  [
    'none open, one closing',
    { total: 0, inUse: 0, closing: 1 },
    '0/10 connections in use (0 open, 1 closing)',
    'Make close end sooner, or lower closeTimeout, which bounds it.',
    '1 of 10 slots are occupied by connections that are still closing. Make close end sooner, or lower closeTimeout, which bounds it.',
  ],
  [
    'none open, one in validation',
    { total: 0, inUse: 0, validating: 1 },
    '0/10 connections in use (0 open, 1 being validated)',
    'Make validate answer sooner, or lower connectTimeout, which bounds it.',
    '1 is being validated. Make validate answer sooner, or lower connectTimeout, which bounds it.',
  ],
  [
    'none open, two in validation',
    { total: 0, inUse: 0, validating: 2 },
    '0/10 connections in use (0 open, 2 being validated)',
    'Make validate answer sooner, or lower connectTimeout, which bounds it.',
    '2 are being validated. Make validate answer sooner, or lower connectTimeout, which bounds it.',
  ],
];

/** The message with its placeholders filled in: the advice for a pool that is only too small is another one in each error. */
const read = (text: string, size: string, wanted: number): string =>
  text.replace('<size>', size).replace('<deadlock>', deadlock).replace('<target>', target(wanted));

const numbers = ({ total, inUse, opening, closing, validating, resetting, cancelled }: Diagnosis, waited: number) => ({
  maxConnections: 10,
  totalConnections: total,
  inUseConnections: inUse,
  openingConnections: opening,
  closingConnections: closing,
  pendingAcquires: 7,
  validating,
  resetting,
  heldByCancelledWork: cancelled,
  waited,
});

type Told = PoolExhaustedError | ConnectionFailedError;
const fields = (error: Told): object => ({
  ...Object.fromEntries(Object.entries(error)),
  message: error.message,
  cause: error.cause,
});

describe('what a refused caller is told', () => {
  for (const [name, state, inUse, then, warmUp] of states) {
    const at = { ...full, ...state };
    const { attempts, failedPhase: phase, lastFailure: cause } = at;
    const exhausted = (reason: string, message: string, waited: number): object => ({
      code: 'POOL_EXHAUSTED',
      pool: 'db',
      reason,
      numbers: numbers(at, waited),
      message,
      cause,
    });
    const failed = (message: string, waited: number): object => ({
      code: 'CONNECTION_FAILED',
      pool: 'db',
      phase,
      attempts,
      numbers: numbers(at, waited),
      message,
      cause,
    });
    const rest = (size: string): string => read(then, size, 10);

    it(`is the state of the pool, and what to do: ${name}`, () => {
      expect(fields(queueFull(at, 5))).toEqual(
        exhausted(
          'queue-full',
          `Pool 'db' exhausted: ${inUse}, and the wait queue is full (maxPending 5). ` +
            rest('Try again later, raise max or maxPending, or lower the concurrency.'),
          0,
        ),
      );
      expect(fields(overloaded(at, 200))).toEqual(
        exhausted(
          'overload',
          `Pool 'db' overloaded: ${inUse}, 7 waiting, and the wait queue does not become empty; waited 200 ms. ` +
            rest('Try again later, raise max or overload.target, or send less.'),
          200,
        ),
      );
      expect(fields(warmUpTimedOut(at, 2, 30))).toEqual(
        failed(`Pool 'db' has ${at.total} of 2 connections open after 30 ms: ${read(warmUp, '', 2)}`, 30),
      );
      expect(fields(acquireTimedOut(at, 200))).toEqual(
        at.total > 0
          ? exhausted(
              'timeout',
              `Pool 'db' exhausted: ${inUse}, 7 waiting, waited 200 ms. ` +
                rest('Raise max or acquireTimeout, make the work shorter, or lower the concurrency.'),
              200,
            )
          : failed(
              `Pool 'db' has no connection open after 200 ms: ` +
                warmUp.replace('<target>', 'Check that the target is up and can be reached.'),
              200,
            ),
      );
    });
  }

  it('is what failed last, where the target is down', () => {
    const connects = { ...full, total: 0, inUse: 0, attempts: 3, lastFailure: refused };
    expect(fields(targetDown(connects))).toEqual({
      code: 'CONNECTION_FAILED',
      pool: 'db',
      phase: 'open',
      attempts: 3,
      numbers: numbers(connects, 0),
      message:
        "Pool 'db' cannot connect: the last 3 connects failed (refused). Check that the target is up; the pool tries again by itself.",
      cause: refused,
    });
    expect(targetDown({ ...connects, attempts: 1, failedPhase: 'validate' }).message).toBe(
      "Pool 'db' cannot connect: the last connect failed (refused). Check that validate is right about new connections, and that the target is up; the pool tries again by itself.",
    );
  });

  it('is the cause, where a connection was lost under it', () => {
    expect(fields(connectionLost({ ...full, attempts: 2 }, refused))).toEqual({
      code: 'CONNECTION_FAILED',
      pool: 'db',
      phase: 'use',
      attempts: 2,
      numbers: numbers(full, 0),
      message:
        "Pool 'db' lost a connection while it was lent: refused. The work on it may or may not have been done; run it again if that is safe.",
      cause: refused,
    });
    expect(connectionLost(full, undefined).message).toBe(
      "Pool 'db' lost a connection while it was lent. The work on it may or may not have been done; run it again if that is safe.",
    );
  });

  it('is that the pool has ended', () => {
    expect([poolDestroyed('db'), destroyCalledInWork('db'), closedByDestroy('db')].map(messageOf)).toEqual([
      "Pool 'db' has been destroyed and lends no more connections. Create a new pool.",
      "Pool 'db' is being destroyed by work that holds one of its connections: destroy() waits for the end of that work. Do not await destroy() inside work; call it after the work has ended.",
      "Pool 'db' was destroyed, and the timeout of destroy() expired before this lease was released: the connection has been closed.",
    ]);
  });
});
