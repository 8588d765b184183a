/** It comes without types, and those that there are bring the types of a whole database driver. */
declare module 'pg-pool' {
  export default class Pool {
    constructor(options: { Client: unknown; max: number });
    connect(): Promise<{ release(): void }>;
  }
}
