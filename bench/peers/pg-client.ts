import { EventEmitter } from 'node:events';

/** The part of a client that pg-pool uses, without a server. */
export const clientClass = (connect: () => Promise<object>) =>
  class extends EventEmitter {
    /** Without it, pg-pool takes the client for broken and replaces it after each use. */
    _queryable = true;

    connect(callback: (error?: Error) => void): void {
      connect().then(() => {
        callback();
      }, callback);
    }

    end(callback?: () => void): void {
      callback?.();
    }
  };
