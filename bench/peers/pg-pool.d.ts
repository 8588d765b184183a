/** The package has no types of its own, and the published ones depend on the types of a whole database driver. */
declare module 'pg-pool' {
  export default class Pool {
    constructor(options: { Client: unknown; max: number; connectionTimeoutMillis?: number });
    readonly waitingCount: number;
    connect(): Promise<{ release(broken?: boolean): void }>;
    end(): Promise<void>;
    on(event: 'error', listener: () => void): void;
  }
}
