const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there. Is the node running?',
  ECONNRESET: 'the node reset the connection',
  EPIPE: 'the node has closed the connection',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ETIMEDOUT: 'the node did not answer',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ENOENT: 'there is no such socket file. Is the node running?',
  EADDRINUSE: 'something listens there already',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'that is not allowed',
};

/** What went wrong with a socket, in words and with the code of the system. */
export function explain(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // A name with several addresses fails with an AggregateError, whose message is empty.
  const text = (code === undefined ? undefined : meanings[code]) ?? (error.message || 'it failed');
  return code === undefined ? text : `${text} (${code})`;
}
