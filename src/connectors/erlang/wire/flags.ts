/** What a node can do, by bit, as `dist.hrl` of OTP names it. */
export const flag = {
  EXTENDED_REFERENCES: 1n << 2n,
  DIST_MONITOR: 1n << 3n,
  FUN_TAGS: 1n << 4n,
  DIST_MONITOR_NAME: 1n << 5n,
  NEW_FUN_TAGS: 1n << 7n,
  EXTENDED_PIDS_PORTS: 1n << 8n,
  EXPORT_PTR_TAG: 1n << 9n,
  BIT_BINARIES: 1n << 10n,
  NEW_FLOATS: 1n << 11n,
  UTF8_ATOMS: 1n << 16n,
  MAP_TAG: 1n << 17n,
  BIG_CREATION: 1n << 18n,
  EXIT_PAYLOAD: 1n << 22n,
  HANDSHAKE_23: 1n << 24n,
  UNLINK_ID: 1n << 25n,
  // The page of the protocol prints bit 36, which is another one.
  MANDATORY_25_DIGEST: 1n << 26n,
  SPAWN: 1n << 32n,
  NAME_ME: 1n << 33n,
  V4_NC: 1n << 34n,
} as const;

/**
 * What this client can do, 0x507470fbc: everything that OTP 26 and later insist on. Not PUBLISHED, or other nodes would connect here; not
 * DIST_HDR_ATOM_CACHE, FRAGMENTS, ALIAS and ALTACT_SIG, which change how messages are sent.
 */
export const ourFlags = Object.entries(flag)
  .filter(([name]) => name !== 'NAME_ME')
  .reduce((all, [, bit]) => all | bit, 0n);

/** What the node must be able to do. `MANDATORY_25_DIGEST` stands for all of them. */
const required = [
  'EXTENDED_REFERENCES',
  'EXTENDED_PIDS_PORTS',
  'UTF8_ATOMS',
  'NEW_FLOATS',
  'MAP_TAG',
  'BIG_CREATION',
  'HANDSHAKE_23',
] as const;

/** The names of what the node must be able to do and cannot. */
export const missingFlags = (peerFlags: bigint): string[] =>
  (peerFlags & flag.MANDATORY_25_DIGEST) !== 0n ? [] : required.filter((name) => (peerFlags & flag[name]) === 0n);

/** The release that a node is of, as far as its flags tell. */
export function releaseOf(flags: bigint): string {
  if ((flags & flag.MANDATORY_25_DIGEST) !== 0n) return 'OTP 25 or later';
  if ((flags & flag.V4_NC) !== 0n) return 'OTP 24';
  return (flags & flag.HANDSHAKE_23) !== 0n ? 'OTP 23' : 'OTP 22 or earlier';
}
