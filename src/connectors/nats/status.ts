/** What happens to the client's connection below a `NatsConnection`. `server` is `host:port`, `at` the date in milliseconds. */
export type NatsStatus = NatsHappening & { readonly at: number };

export type NatsHappening =
  /** The connection to the server was lost; the client looks for the next one. Requests wait meanwhile. */
  | { readonly type: 'disconnected'; readonly server: string }
  /** It is connected again, after `took` milliseconds; `waiting`: messages that are sent now. */
  | { readonly type: 'reconnected'; readonly server: string; readonly took: number; readonly waiting: number }
  /** Servers that have joined or left the cluster. */
  | { readonly type: 'servers'; readonly added: readonly string[]; readonly deleted: readonly string[] }
  /** The server is about to stop (lame duck mode): the client will reconnect to another one. */
  | { readonly type: 'lameDuck'; readonly server: string }
  /** The server has not answered the client's pings: the client drops the connection. */
  | { readonly type: 'stale'; readonly server: string }
  /** The server has reported an error, or a message was dropped because its payload or headers were refused. */
  | { readonly type: 'error'; readonly error: Error };
