import type { Observable } from 'rxjs';
import type { Variant } from './terms/term';
import type { Atom } from './terms/atom';
import type { Pid } from './terms/identifiers';
import type { Sendable, Term } from './terms/term';
import type { Tuple } from './terms/term';

/**
 * A process at the node: the name it is registered by, or a pid that came from there. With the option `allowRemoteCalls` also a name in a registry, as
 * `gen_server` takes them: `tuple(atom('global'), name)`, `tuple(atom('via'), module, name)`. The registry is asked for the process each time.
 */
export type ProcessAddress = string | Atom | Pid | Tuple<readonly Sendable[]>;

/** A Gleam actor: the name that it is registered by, or its subject as it came from the node, `{subject, Pid, Tag}` or `{named_subject, Name}`. */
export type GleamSubject = string | Atom | Tuple;

/**
 * An open connection to an Erlang node, as a hidden node of its own. Any number of calls may be under way at once.
 *
 * All that it does is a cold Observable: sent when it is subscribed to, anew each time, and what is sent in one turn of the event loop leaves in
 * one write. Unsubscribing takes back what has not left; of a call that has left, the answer is dropped, and the process there is not told.
 *
 * Calls monitor the process first. When there is none, when it ends, or when the node stops, they fail at once: with `ErlangNoProcessError`,
 * `ErlangCrashError`, `ErlangNodeDownError`. What cannot be made a term fails with `ErlangEncodeError`. There is no time limit: use `timeout` of RxJS.
 */
export interface ErlangConnection {
  /** The name of the node. */
  readonly target: string;
  /** The name that this connection has at the node. */
  readonly name: string;

  /**
   * `gen_server:call(To, Request)`, for processes of Erlang's `gen_server` and Elixir's `GenServer`. Emits the reply and completes.
   *
   * @example
   * node.call('counter', tuple(atom('add'), 5)).subscribe((total) => console.log(total));
   */
  call(to: ProcessAddress, request: Sendable): Observable<Term>;

  /**
   * `gen_server:cast(To, Request)`. Completes when the bytes have been handed to the operating system: whether the process exists is not
   * known, as in Erlang.
   */
  cast(to: ProcessAddress, request: Sendable): Observable<never>;

  /** `To ! Message`. Completes as `cast` does. */
  send(to: ProcessAddress, message: Sendable): Observable<never>;

  /**
   * Asks a Gleam actor, as `process.call(subject, waiting, fn(reply) { Add(5, reply) })` does. The message has `reply()` where the actor expects
   * the subject to reply to. Emits the reply and completes.
   *
   * A Gleam actor crashes on a variant that it does not know, and on fields of the wrong types: nothing checks them at run time.
   *
   * @example
   * node.ask('adder', variant('add', 5, reply())).subscribe((sum) => console.log(sum));
   */
  ask(subject: GleamSubject, message: Variant): Observable<Term>;

  /** Sends a Gleam actor a message that it does not reply to. Completes as `cast` does. */
  tell(subject: GleamSubject, message: Variant): Observable<never>;

  /**
   * Asks a Gleam actor by any term. `build` gets the subject to reply to. A term that is not of the actor's message type crashes the actor.
   *
   * @example
   * node.askRaw('adder', (replyTo) => tuple(atom('add'), 5, replyTo)).subscribe(console.log);
   */
  askRaw(subject: GleamSubject, build: (replyTo: Sendable) => Sendable): Observable<Term>;

  /**
   * Asks an actor of the Gleam package `distribute`, which is registered in `:global` under a binary name and gets its payload as bytes. `payload` is
   * followed by the subject to reply to, as a field of a length and that many bytes; a function gets that field, and returns the whole payload.
   * Emits the bytes of the reply.
   *
   * Needs the option `allowRemoteCalls` to look the name up, once for each connection. Fails with `ErlangLimitError` beyond `limits.maxPayloadBytes`.
   */
  askDistributed(name: string, payload: Uint8Array | ((replyTo: Buffer) => Uint8Array)): Observable<Buffer>;

  /**
   * Calls a function of the node, `Module:Function(Args...)`, in a new process there. **This is remote code execution**: with it a program can do
   * anything there. Fails with `ErlangRemoteCallsOffError` unless the option `allowRemoteCalls` is true, and with `ErlangRemoteCallError`
   * when the function fails. What the function prints is printed there.
   *
   * @example
   * node.erpc('erlang', 'system_info', [atom('otp_release')]).subscribe((release) => console.log(String(release)));
   */
  erpc(module: string, name: string, args?: readonly Sendable[]): Observable<Term>;
}
