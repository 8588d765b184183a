import { printable } from '../../pool/values/printable';

type Meanings = Readonly<Record<string, string>>;

const meanings: Meanings = {
  ECONNREFUSED: 'nothing listens there. Is the node running?',
  ECONNRESET: 'the other side reset it',
  EPIPE: 'the other side has closed it',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ETIMEDOUT: 'the node did not answer',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ENOENT: 'there is no such socket file. Is the node running?',
  EADDRINUSE: 'something listens there already',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'that is not allowed',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed. Is it in the option ca?',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by a known authority. Is that authority in the option ca?',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is not signed by a known authority. Is that authority in the option ca?',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'it has sent no certificate, but one is required',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the data received is not TLS. Does the node speak TLS?',
  EPROTO: 'the data received is not TLS. Does the node speak TLS?',
};

/** The same codes have other meanings for the path of a Unix socket. */
const meaningsForPath: Meanings = {
  EADDRINUSE: 'something listens there already, or the file is left of a program that crashed, and can be removed',
  EACCES: 'there is no such folder, or it is not allowed',
};

/** Why a server could not listen. */
export const explainListen = (error: Error, onPath: boolean): string =>
  explain(error, onPath ? { ...meanings, ...meaningsForPath } : meanings);

/** Why a certificate was refused, by its error code. */
export const explainCertificate = (code: string): string =>
  `its certificate was refused: ${meanings[code] ?? code} (${code})`;

/** The error of a socket in words, with the code of the system. */
export function explain(error: Error, words = meanings): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // A name with several addresses fails with an AggregateError, whose message is empty.
  const text = (code === undefined ? undefined : words[code]) ?? (printable(error.message) || 'it failed');
  return code === undefined ? text : `${text} (${code})`;
}
