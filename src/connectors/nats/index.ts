export { connectNats, type NatsConnector } from './connect-nats';
export type { ConnectNatsOptions, NatsClientOptions } from './options';
export {
  NatsBacklogError,
  NatsConnectionError,
  NatsNoRespondersError,
  NatsPayloadError,
  NatsPermissionError,
  NatsServiceError,
  NatsTimeoutError,
} from './errors';
export type { NatsHeaders, ReceivedHeaders } from './headers';
export type { NatsLimits, ServeNatsLimits } from './limits';
export type { NatsMessage } from './message';
export type { NatsConnection, NatsPublishOptions, NatsRequestOptions, NatsSubscribeOptions } from './nats-connection';
export { serveNats, type NatsService, type ServeNatsOptions } from './serve-nats';
export type { NatsHappening, NatsStatus } from './status';
export type { NatsMethod, NatsMethods, NatsRequest } from './work';
export type { ConnectContext } from '../../pool/connector';
export type { ReadableError } from '../../pool/values/readable-error';
export type { Codec } from '../msgpack-rpc/codec';
export type { MessageLimits } from '../msgpack-rpc/limits';
