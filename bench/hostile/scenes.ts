export interface Scene {
  readonly name: string;
  readonly what: string;
  /** The number of hostile processes. */
  readonly peers: number;
}

export const scenes: readonly Scene[] = [
  { name: 'slowloris', what: '1,000 clients, each a byte of a request every 100 ms', peers: 1 },
  { name: 'idle', what: '2,000 silent clients', peers: 1 },
  { name: 'flood', what: '4 clients, each in a process of its own, send requests as fast as they are read', peers: 4 },
  { name: 'announced', what: '200 clients announce 120 MiB each and send 4 KiB of it every 100 ms', peers: 1 },
  { name: 'unfinished', what: '200 clients send 512 KiB of an array and never its end', peers: 1 },
  { name: 'endless', what: '100 clients have 1,024 calls each in work that never end', peers: 1 },
  { name: 'notifications', what: '4 clients, each in a process of its own, send notifications without end', peers: 4 },
  { name: 'non-readers', what: '20 clients ask for 1 MiB a call and read nothing', peers: 1 },
  { name: 'churn', what: '10,000 clients connect, make one call and close', peers: 1 },
];
