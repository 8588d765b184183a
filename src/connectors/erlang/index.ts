export { connectErlangNode, type ErlangConnector } from './connect-erlang-node';
export type { ErlangConnection, GleamSubject, ProcessAddress } from './connection';
export {
  ErlangConnectError,
  ErlangCookieError,
  ErlangCrashError,
  ErlangEncodeError,
  ErlangEpmdError,
  ErlangError,
  ErlangFlagsError,
  ErlangLimitError,
  ErlangNameTakenError,
  ErlangNodeDownError,
  ErlangNoProcessError,
  ErlangProtocolError,
  ErlangRemoteCallError,
  ErlangRemoteCallsOffError,
  ErlangTickError,
  ErlangUnknownNameError,
} from './errors';
export { reply, variant } from './gleam';
export { Reply, Variant, type VariantField } from './terms/term';
export type { ErlangLimits } from './limits';
export type { ErlangNodeOptions } from './options';
export type { EpmdAddress } from './wire/epmd';
export * from './terms/index';
export type { ConnectContext } from '../../pool/connector';
export type { ReadableError } from '../../pool/values/readable-error';
export type { MapEntries, TermSink } from './terms/term-sink';
export type { TermText, TermValue } from './terms/term-value';
