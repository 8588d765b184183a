import { Broadcast } from '../../src/dashboard/serve/broadcast';
import { RecordingFeed } from '../../src/dashboard/feed';
import type { Feed } from '../../src/dashboard/feed';
import type { DashboardState, Tick } from '../../src/dashboard/frames';
import { statsOf } from '../diagnosis/facts';

const state: DashboardState = {
  format: 'rxjs-connection-pool dashboard',
  version: 1,
  source: 'pools',
  title: 'spec',
  period: 1_000,
  keep: 10,
  pools: [{ name: 'db', frames: [] }],
};

class FakeFeed implements Feed {
  isOver = false;
  tick: (tick: Tick | null) => void = () => undefined;
  state = () => state;
  stats = () => [statsOf()];
  load = () => Promise.resolve(undefined);
  start(onTick: (tick: Tick | null) => void): void {
    this.tick = onTick;
  }
  stop(): void {
    this.tick = () => undefined;
  }
}

class FakeClient {
  isBehind = false;
  readonly events: string[] = [];
  readonly chunks: Uint8Array[] = [];
  ended = '';
  write(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.events.push(/event: (\w+)/.exec(new TextDecoder().decode(chunk))?.[1] ?? '');
  }
  end(): void {
    this.ended = 'ended';
  }
  drop(): void {
    this.ended = 'dropped';
  }
}

const tick: Tick = { frames: [] };

describe('the clients of a dashboard', () => {
  it('get the same bytes, made once', () => {
    const feed = new FakeFeed();
    const broadcast = new Broadcast(feed, 10);
    const clients = [new FakeClient(), new FakeClient()];
    for (const client of clients) broadcast.stream(null)(client);
    feed.tick(tick);
    for (const client of clients) expect(client.events).toEqual(['state', 'tick']);
    expect(clients[0]!.chunks[0]).toBe(clients[1]!.chunks[0]);
    expect(clients[0]!.chunks[1]).toBe(clients[1]!.chunks[1]);
    broadcast.close();
  });

  it('are sent nothing while they do not read, and dropped when that goes on', () => {
    const feed = new FakeFeed();
    const broadcast = new Broadcast(feed, 10);
    const client = new FakeClient();
    broadcast.stream(null)(client);
    client.isBehind = true;
    for (let i = 0; i < 10; i++) feed.tick(tick);
    expect(client.events).toEqual(['state']);
    expect(client.ended).toBe('');
    feed.tick(tick);
    expect(client.ended).toBe('dropped');
    expect(broadcast.size).toBe(0);
    broadcast.close();
  });

  it('get everything anew when they read again', () => {
    const feed = new FakeFeed();
    const broadcast = new Broadcast(feed, 10);
    const client = new FakeClient();
    broadcast.stream(null)(client);
    client.isBehind = true;
    feed.tick(tick);
    client.isBehind = false;
    feed.tick(tick);
    feed.tick(tick);
    expect(client.events).toEqual(['state', 'state', 'tick']);
    broadcast.close();
  });

  it('are told of the end, and ended', () => {
    const feed = new FakeFeed();
    const broadcast = new Broadcast(feed, 10);
    const client = new FakeClient();
    broadcast.stream(0)(client);
    feed.isOver = true;
    feed.tick(tick);
    expect(client.events).toEqual(['stats', 'end']);
    expect(client.ended).toBe('ended');
    broadcast.close();
  });

  it('keep a recording open, which has no end of its own', () => {
    const broadcast = new Broadcast(new RecordingFeed({ ...state, source: 'recording' }), 1);
    const client = new FakeClient();
    const close = broadcast.stream(null)(client);
    expect(client.events).toEqual(['state']);
    expect(broadcast.isFull).toBeTrue();
    close();
    expect(broadcast.isFull).toBeFalse();
    broadcast.close();
  });
});
