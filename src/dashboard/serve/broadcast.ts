import type { Feed } from '../feed';
import type { Tick } from '../frames';
import type { OpenStream, StreamWriter } from '../../http/exchange';

/** Ticks for which a client may be behind before it is dropped. */
const mostBehind = 10;
/** In ms of real time: the pause between heartbeats. Where ticks are rare or none, a client would take the connection for lost (after 10 s or more). */
const heartbeat = 4_000;

interface Client {
  readonly writer: StreamWriter;
  /** Gets the stats of that pool; null: everything. */
  readonly pool: number | null;
  /** For how many ticks it has not read what it was sent. */
  behind: number;
  /** Has missed ticks, and gets everything anew. */
  missed: boolean;
}

/** The clients: each tick is made into bytes once, and sent to all of them. */
export class Broadcast {
  private readonly clients = new Set<Client>();
  private heartbeatTimer: NodeJS.Timeout | undefined;
  /** The whole state as bytes, until the next tick. */
  private whole: Uint8Array | null = null;

  constructor(
    private readonly feed: Feed,
    private readonly most: number,
  ) {
    feed.start((tick) => this.send(tick));
  }

  get isFull(): boolean {
    return this.clients.size >= this.most;
  }

  get size(): number {
    return this.clients.size;
  }

  /** A stream for one more; `pool`: of the stats of that one alone. */
  stream(pool: number | null): OpenStream {
    return (writer) => {
      const client: Client = { writer, pool, behind: 0, missed: false };
      this.clients.add(client);
      this.heartbeatTimer ??= setInterval(() => this.sendHeartbeat(), heartbeat).unref();
      this.begin(client);
      if (this.feed.isOver && (pool !== null || this.feed.state().source === 'pools')) this.finish(client);
      return () => this.forget(client);
    };
  }

  close(): void {
    this.feed.stop();
    for (const { writer } of this.clients) writer.end();
    this.clients.clear();
    this.stopHeartbeat();
  }

  private send(tick: Tick | null): void {
    this.whole = null;
    let all: Uint8Array | null = null;
    const stats = new Map<number, Uint8Array | null>();
    for (const client of this.clients) {
      if (!this.keepsUp(client)) continue;
      if (client.missed || tick === null) this.begin(client);
      else if (client.pool === null) client.writer.write((all ??= message('tick', tick)));
      else {
        const { pool } = client;
        const frame = tick.frames[pool];
        if (!stats.has(pool)) stats.set(pool, frame ? message('stats', frame.stats) : null);
        const bytes = stats.get(pool);
        if (bytes != null) client.writer.write(bytes);
        if (frame === null || frame?.stats.state === 'destroyed') this.finish(client);
      }
    }
    if (this.feed.isOver) for (const client of this.clients) this.finish(client);
  }

  /** A client that does not read is sent nothing more, and dropped if that goes on. */
  private keepsUp(client: Client): boolean {
    if (!client.writer.isBehind) {
      client.behind = 0;
      return true;
    }
    client.missed = true;
    if (++client.behind > mostBehind) {
      this.forget(client);
      client.writer.drop();
    }
    return false;
  }

  private begin(client: Client): void {
    client.missed = false;
    if (client.pool === null) client.writer.write((this.whole ??= message('state', this.feed.state())));
    else {
      const stats = this.feed.stats()[client.pool];
      if (stats != null) client.writer.write(message('stats', stats));
    }
  }

  private finish(client: Client): void {
    this.forget(client);
    client.writer.write(message('end', {}));
    client.writer.end();
  }

  private forget(client: Client): void {
    this.clients.delete(client);
    if (this.clients.size === 0) this.stopHeartbeat();
  }

  private sendHeartbeat(): void {
    for (const client of this.clients) if (this.keepsUp(client)) client.writer.write(pulse);
  }

  private stopHeartbeat(): void {
    clearInterval(this.heartbeatTimer);
    this.heartbeatTimer = undefined;
  }
}

const encoder = new TextEncoder();
const pulse = encoder.encode(': here\n\n');

/** An event as it goes over the wire. JSON has no line breaks of its own. */
const message = (event: string, data: unknown): Uint8Array =>
  encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
