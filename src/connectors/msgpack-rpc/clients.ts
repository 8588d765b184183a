import type { Socket } from 'node:net';
import { LinkedList, type Linked } from '../../pool/collections/linked-list';
import type { Session } from './session';

/** A client of a node, from when its socket was accepted: with TLS it has no session before both sides have agreed. */
export class Client implements Linked<Client> {
  ahead: Client | null = null;
  behind: Client | null = null;
  /** The list that it is in; null while it has no place among the clients of the node. */
  list: LinkedList<Client> | null = null;
  session: Session | undefined;
  /** Why it gets no place, if it is still to be told so. */
  refusal: string | undefined;

  constructor(
    readonly socket: Socket,
    readonly target: string,
  ) {}

  get hasCallsInWork(): boolean {
    return this.session?.hasCallsInWork ?? false;
  }
}

/** That part of all places is left to clients that have not asked yet, when it has to be decided who goes. */
const PROBATION = 1 / 4;

/** The clients that have a place, in the order in which they were last heard. */
export class Clients {
  readonly #capacity: number;
  /** Those that have sent no whole message yet, and those that have. */
  readonly #silent = new LinkedList<Client>();
  readonly #active = new LinkedList<Client>();

  constructor(places: number) {
    this.#capacity = places;
  }

  get size(): number {
    return this.#silent.size + this.#active.size;
  }

  all(): Client[] {
    return [...this.#silent.all(), ...this.#active.all()];
  }

  add(client: Client): void {
    client.list = this.#silent;
    this.#silent.push(client);
  }

  remove(client: Client): void {
    client.list?.remove(client);
    client.list = null;
  }

  /** A message of it has come in, or a call of it has ended. True if it is the first time. */
  markActive(client: Client): boolean {
    const heard = this.#active;
    if (heard.last === client || client.list === null) return false;
    const isFirst = client.list !== heard;
    client.list.remove(client);
    client.list = heard;
    heard.push(client);
    return isFirst;
  }

  /**
   * The one that has to go for another: it has no calls in work, and has been silent longest. One that has never asked has been silent longer
   * than any that has; unless there are few of them, since even a good client needs a moment for its first call.
   */
  nextToEvict(): Client | undefined {
    const manySilent = this.#silent.size > this.#capacity * PROBATION;
    const [one, other] = manySilent ? [this.#silent, this.#active] : [this.#active, this.#silent];
    return firstIdle(one) ?? firstIdle(other);
  }
}

function firstIdle(list: LinkedList<Client>): Client | undefined {
  for (let client = list.first; client !== null; client = client.behind) if (!client.hasCallsInWork) return client;
  return undefined;
}
