/** What every pool that is compared can do, whatever it calls it. */
export interface PromisePool {
  acquire(): Promise<object>;
  release(resource: object): void;
}

export interface PromisePoolOptions {
  readonly max: number;
  readonly connect: () => Promise<object>;
}

export type MakePromisePool = (options: PromisePoolOptions) => Promise<PromisePool>;

/** All connections open, and idle. */
export async function warmed(pool: PromisePool, count: number): Promise<PromisePool> {
  const resources = await Promise.all(Array.from({ length: count }, () => pool.acquire()));
  for (const resource of resources) pool.release(resource);
  return pool;
}
