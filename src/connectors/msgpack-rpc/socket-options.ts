/**
 * How both sides set up their sockets. We join writes ourselves, so that a delay would only cost time; and the kernel is asked to
 * probe after a minute of silence, for the hosts that vanish without a word.
 */
export const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const;
