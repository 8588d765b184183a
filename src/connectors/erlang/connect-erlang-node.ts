import { Observable, type Subscriber } from 'rxjs';
import type { Socket } from 'node:net';
import type { ConnectContext } from '../../pool/connector';
import { openSocket } from '../msgpack-rpc/open-socket';
import { explain } from '../msgpack-rpc/socket-errors';
import { hostAndPort } from '../msgpack-rpc/target';
import type { ErlangConnection } from './connection';
import { ErlangConnectError, ErlangError, ErlangProtocolError } from './errors';
import { problemOfCookie, resolveNodeOptions, type ErlangNodeOptions, type ResolvedNodeOptions } from './options';
import { Session } from './session';
import type { TermRefusal } from './terms/limits';
import { lookUp } from './wire/epmd';
import { FrameReader } from './wire/frame-reader';
import { Handshake, LONGEST_HANDSHAKE, type Agreement } from './wire/handshake';
import { Intake } from './wire/intake';

/** A `Connector` that is always an Observable, and can be used without a pool too. */
export type ErlangConnector = (context?: ConnectContext) => Observable<ErlangConnection>;

/**
 * Connects to an Erlang, Elixir or Gleam node by its name, over Erlang's own distribution protocol. This side is a hidden node: the node does not
 * connect to others because of it, and others do not connect to this side.
 *
 * The Observable is the life of a connection. Subscribing opens it, it is emitted when it is open, the Observable completes when the node closes it and
 * fails when it breaks, and unsubscribing closes it. Each connection gets a name from the node, which the node uses again later, so that
 * any number of connections and reconnects leaves nothing behind there. An open connection keeps the process alive only while a call or a
 * message to be sent is under way.
 *
 * ```
 * connectErlangNode(name, options)()   --c---------|     opened, closed by the node
 * ```
 *
 * Throws an `InvalidConfigError` at once for an invalid name or invalid options. Fails with `ErlangCookieError`, `ErlangUnknownNameError`,
 * `ErlangEpmdError`, `ErlangNameTakenError`, `ErlangFlagsError`, `ErlangConnectError`, `ErlangProtocolError`; once open with `ErlangNodeDownError`,
 * `ErlangTickError`, `ErlangLimitError`.
 *
 * The cookie is no encryption: what is sent can be read by everything between both nodes, and a program that has the cookie can run code on the node. Use
 * `tls` where the network is not trusted.
 *
 * @example
 * const pool = createPool({ connect: connectErlangNode('worker@127.0.0.1', { cookie }), max: 10, capacity: 10 });
 * pool.use((node) => node.call('counter', tuple(atom('add'), 5))).subscribe(console.log);
 *
 * @param target the name of the node, as `node()` says it there
 */
export function connectErlangNode(target: string, options: ErlangNodeOptions): ErlangConnector {
  const resolved = resolveNodeOptions(target, options);
  return () => new Observable((subscriber) => new Connect(resolved, subscriber).begin());
}

/** One connect: the cookie, EPMD, the socket and the handshake, under one timer. */
class Connect {
  private step = 'waiting for the cookie';

  constructor(
    private readonly options: ResolvedNodeOptions,
    private readonly subscriber: Subscriber<ErlangConnection>,
  ) {}

  begin(): void {
    const { options, subscriber } = this;
    if (options.connectTimeout !== Infinity) {
      const timer = setTimeout(() => {
        this.fail(`nothing came of it within ${options.connectTimeout} ms, while ${this.step} (connectTimeout)`);
      }, options.connectTimeout);
      this.stopTimer = () => clearTimeout(timer);
      subscriber.add(() => clearTimeout(timer));
    }
    const { cookie } = options;
    if (typeof cookie === 'string') {
      this.findPort(cookie);
      return;
    }
    // The promise of another library, or a function that throws.
    Promise.resolve()
      .then(cookie)
      .then(
        (value) => {
          const problem = problemOfCookie(value);
          if (problem === undefined) this.findPort(value);
          else this.fail(`the function that returns the cookie returned none: ${problem}`);
        },
        (error: unknown) => this.fail('the function that returns the cookie failed: see the cause', error),
      );
  }

  private stopTimer = (): void => {};

  private findPort(cookie: string): void {
    const { options, subscriber } = this;
    if (subscriber.closed) return;
    if (options.port !== undefined) {
      this.connect(cookie, options.port);
      return;
    }
    this.step = 'asking EPMD for the port';
    const stop = lookUp(
      options.target,
      options.epmd,
      (port) => this.connect(cookie, port),
      (error) => subscriber.error(error),
    );
    subscriber.add(stop);
  }

  private connect(cookie: string, port: number): void {
    const { options, subscriber } = this;
    const { target, host, tls } = options;
    const where = hostAndPort(host, port);
    this.step = `connecting to ${where}`;
    let receive: (memory: Buffer, start: number, end: number, isOwn: boolean) => void = () => {};
    let session: Session | undefined;
    const refuse = (refusal: TermRefusal): void => {
      if (session !== undefined) session.refuse(refusal);
      else subscriber.error(new ErlangProtocolError(target, `${target} sent ${refusal.message}, in the handshake`));
    };
    const frames = new FrameReader(tls === undefined ? 2 : 4, LONGEST_HANDSHAKE, (memory, start, end, isOwn) =>
      receive(memory, start, end, isOwn),
    );
    const intake = new Intake(frames, tls !== undefined, () => session?.hear(), refuse);
    const { socket, openEvent, readsInto } = openSocket({ host, port }, tls, intake.onread);
    subscriber.add(() => {
      intake.close();
      socket.destroy();
    });
    if (!readsInto) socket.on('data', (chunk: Buffer) => intake.push(chunk, chunk.length));

    const handshake = new Handshake({ target, cookie, name: options.name, hostname: options.hostname });
    let failure: Error | undefined;
    socket.on('error', (error) => (failure = error));
    // Nothing is sent by this side after the node has said that it is over.
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      if (session !== undefined) session.closed(failure, frames.isInside);
      else if (this.step.startsWith('connecting'))
        this.fail(explain(failure ?? new Error('it closed')), failure, where);
      else subscriber.error(handshake.explainClose() ?? this.error(closedEarly(failure), failure, where));
    });
    socket.once(openEvent, () => {
      this.step = `in the handshake with ${where}`;
      receive = (memory, start, end) => {
        const answer = this.guard(() => handshake.receive(Buffer.from(memory.subarray(start, end))));
        if (answer === undefined) return;
        if (answer instanceof Uint8Array) {
          socket.write(framed(answer, frames.lengthBytes));
          return;
        }
        session = this.open(socket, answer);
        frames.lengthBytes = 4;
        frames.maxBytes = options.limits.maxBytes;
        receive = (bytes, from, to, isOwn) => session!.receive(bytes, from, to, isOwn);
        this.stopTimer();
        subscriber.next(session);
      };
      socket.write(framed(handshake.begin(), frames.lengthBytes));
    });
  }

  private open(socket: Socket, agreement: Agreement): Session {
    const { options, subscriber } = this;
    const session = new Session(socket, options, agreement, (error) => {
      if (error === undefined) subscriber.complete();
      else subscriber.error(error);
    });
    subscriber.add(() => session.close());
    return session;
  }

  /** The connect fails with the error that the handshake throws. */
  private guard<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ErlangError)) throw error;
      this.subscriber.error(error);
      return undefined;
    }
  }

  private fail(why: string, cause?: unknown, where?: string): void {
    this.subscriber.error(this.error(why, cause, where));
  }

  private error(why: string, cause?: unknown, where?: string): ErlangConnectError {
    const { target } = this.options;
    const place = where === undefined ? '' : ` at ${where}`;
    return new ErlangConnectError(target, `Could not connect to ${target}${place}: ${why}`, cause);
  }
}

const closedEarly = (failure: Error | undefined): string =>
  `the handshake was broken off${failure === undefined ? '' : `: ${explain(failure)}`}. Is that port the one of an Erlang node, and TLS on at both sides or at none?`;

function framed(message: Buffer, lengthBytes: 2 | 4): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(message.length, 0, lengthBytes);
  return Buffer.concat([length, message]);
}
