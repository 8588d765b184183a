/**
 * Socket options of both sides. Writes are joined by the outbox, so that Nagle's delay would only cost time. The kernel probes after a minute of
 * silence, to detect hosts that disappear without closing.
 */
export const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const;
