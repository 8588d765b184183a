// What a session is opened with: by a client, or by a node for each of its clients.
import type { Codec } from './codec';
import type { Intake } from './intake';
import type { RpcLimits } from './limits';
import type { MethodTable } from './methods';
import type { ReadScheduler } from './read-scheduler';

export interface SessionConfig {
  /** The name of the other side in messages. */
  readonly target: string;
  readonly codec: Codec;
  readonly limits: RpcLimits;
  readonly methods: MethodTable;
  /** A server runs methods for notifications, sends refusals, and always keeps the process alive. */
  readonly role: 'client' | 'server';
  /** The buffers that the socket reads into; without it the session listens to `data` events. */
  readonly intake?: Intake;
  /** Called for faults that do not end the connection, for a log. */
  readonly onFault?: (fault: Error) => void;
  /** Called when messages were received, or an asynchronous call has ended. */
  readonly onMessages?: () => void;
  /** Shares the event loop among sessions. Without it messages are read as they arrive. */
  readonly readScheduler?: ReadScheduler;
  /** The id of the first call. Default 1; specs set it to test the wrap-around. */
  readonly firstId?: number;
}
