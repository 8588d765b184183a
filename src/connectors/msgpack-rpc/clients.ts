import type { Socket } from 'node:net';
import { LinkedList, type Linked } from '../../pool/collections/linked-list';
import type { Session } from './session';

/** A client of a node, from the accept of its socket on. With TLS it has no session before the handshake is complete. */
export class Client implements Linked<Client> {
  ahead: Client | null = null;
  behind: Client | null = null;
  /** The list that it is in; null while it is not admitted. */
  list: LinkedList<Client> | null = null;
  session: Session | undefined;
  /** Why it is not admitted, if it has still to be notified. */
  refusal: string | undefined;

  constructor(
    readonly socket: Socket,
    readonly target: string,
  ) {}

  get hasCallsInWork(): boolean {
    return this.session?.hasCallsInWork ?? false;
  }
}

/** The share of the capacity that is reserved for clients without a request so far, when a client has to be evicted. */
const PROBATION = 1 / 4;

/** The admitted clients, in the order of their last messages. */
export class Clients {
  private readonly capacity: number;
  /** Clients that have sent no complete message yet, and clients that have. */
  private readonly silent = new LinkedList<Client>();
  private readonly active = new LinkedList<Client>();

  constructor(places: number) {
    this.capacity = places;
  }

  get size(): number {
    return this.silent.size + this.active.size;
  }

  all(): Client[] {
    return [...this.silent.all(), ...this.active.all()];
  }

  add(client: Client): void {
    client.list = this.silent;
    this.silent.push(client);
  }

  remove(client: Client): void {
    client.list?.remove(client);
    client.list = null;
  }

  /** Called when a message of the client was received, or a call of it has ended. True the first time. */
  markActive(client: Client): boolean {
    const heard = this.active;
    if (heard.last === client || client.list === null) return false;
    const isFirst = client.list !== heard;
    client.list.remove(client);
    client.list = heard;
    heard.push(client);
    return isFirst;
  }

  /**
   * The client to evict for another one: it has no running calls, and has been silent longest. Clients without any request come first; unless
   * there are few of them, since a good client, too, needs a moment for its first call.
   */
  nextToEvict(): Client | undefined {
    const manySilent = this.silent.size > this.capacity * PROBATION;
    const [one, other] = manySilent ? [this.silent, this.active] : [this.active, this.silent];
    return firstIdle(one) ?? firstIdle(other);
  }
}

function firstIdle(list: LinkedList<Client>): Client | undefined {
  for (let client = list.first; client !== null; client = client.behind) if (!client.hasCallsInWork) return client;
  return undefined;
}
