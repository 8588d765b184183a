import type { Case } from '../runner/case';
import { promiseBatches, synchronousBatch } from './batch';
import { growthOfCallers, growthOfLine, growthOfPool, growthOfWatchers } from './growth';
import { growthOfConnections, growthOfPayload } from './growth-rpc';
import { erlangCalls, erlangCodec, growthOfErlang } from './erlang';
import { callers } from './callers';
import { channels } from './channels';
import { oneCall, tenCalls } from './calls';
import { idleMemory } from './idle-memory';
import { natsMemory, natsRequests } from './nats';
import { largeReply } from './reply';
import { pulledBatches } from './pull';
import { size } from './size';
import { spikes } from './spike';
import { stats } from './stats';
import { use } from './use';
import { manyWaiters, waiters } from './waiters';

/** In the order in which they are reported. */
export const allCases: readonly Case[] = [
  use,
  channels,
  callers,
  waiters,
  manyWaiters,
  synchronousBatch,
  ...promiseBatches,
  ...pulledBatches,
  stats,
  oneCall,
  tenCalls,
  ...natsRequests,
  natsMemory,
  largeReply,
  ...erlangCalls,
  ...erlangCodec,
  spikes,
  idleMemory,
  size,
  growthOfPool,
  growthOfCallers,
  growthOfLine,
  growthOfWatchers,
  growthOfConnections,
  growthOfPayload,
  growthOfErlang,
];
