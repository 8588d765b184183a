/** The interface that all compared pools have in common. */
export interface PromisePool {
  acquire(): Promise<object>;
  release(resource: object): void;
}

export interface PromisePoolOptions {
  readonly max: number;
  readonly connect: () => Promise<object>;
}

export type MakePromisePool = (options: PromisePoolOptions) => Promise<PromisePool>;

/** Opens all connections of a pool, and leaves them idle. */
export async function warmed(pool: PromisePool, count: number): Promise<PromisePool> {
  const resources = await Promise.all(Array.from({ length: count }, () => pool.acquire()));
  for (const resource of resources) pool.release(resource);
  return pool;
}
