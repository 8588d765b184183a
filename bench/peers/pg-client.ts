import { EventEmitter } from 'node:events';

/** What pg-pool asks of a client, with nothing behind it. */
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
