/**
 * The probability that a caller is rejected by `servers` servers without a queue, at `load` Erlang (callers per second times the mean
 * service time in seconds). A. K. Erlang, 1917.
 */
export function erlangB(servers: number, load: number): number {
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
}

/** The probability that a caller has to wait, with an unbounded queue; 1 where the load exceeds the servers. */
export function erlangC(servers: number, load: number): number {
  return load >= servers ? 1 : waitOf(erlangB(servers, load), servers, load);
}

/**
 * The fewest servers with which at most `share` of all callers wait for longer than `within`, with a mean service time of `mean`; null if
 * that is more than `most`. For independent callers and exponentially distributed times.
 */
export function serversFor(load: number, mean: number, within: number, share: number, most = 100_000): number | null {
  let blocked = 1;
  for (let n = 1; n <= most; n++) {
    blocked = (load * blocked) / (n + load * blocked);
    if (n <= load) continue;
    if (waitOf(blocked, n, load) * Math.exp((-(n - load) * within) / mean) <= share) return n;
  }
  return null;
}

function waitOf(blocked: number, servers: number, load: number): number {
  return blocked / (1 - (load / servers) * (1 - blocked));
}
