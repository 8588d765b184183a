import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ErlangCookieError, ErlangFlagsError, ErlangNameTakenError, ErlangProtocolError, ErlangUnknownNameError, quoted, type ErlangError } from '../errors'; // prettier-ignore
import { isNodeName } from '../node-name';
import { flag, missingFlags, ourFlags, releaseOf } from './flags';

/** What a handshake needs to know. */
export interface HandshakeConfig {
  /** The name of the node. */
  readonly target: string;
  readonly cookie: string;
  /** A name of one's own; otherwise the node makes one up for this host. */
  readonly name: string | undefined;
  readonly hostname: string;
}

/** What a handshake has come to. */
export interface Agreement {
  /** The name that this client has at the node. */
  readonly name: string;
  readonly creation: number;
  /** What the node can do. */
  readonly flags: bigint;
}

/** Bytes of a message of the handshake at the most. */
export const LONGEST_HANDSHAKE = 2048;

/**
 * Our part of the handshake of version 6, without any socket: messages in, messages out. Both sides prove by a digest that they know the
 * cookie, which is not sent.
 */
export class Handshake {
  private readonly config: HandshakeConfig;
  private expects: 'status' | 'challenge' | 'ack' = 'status';
  private name: string;
  private creation: number;
  private flags = 0n;
  private ourChallenge = 0;

  constructor(config: HandshakeConfig) {
    this.config = config;
    this.name = config.name ?? '';
    // 0 to 3 are those of old nodes.
    this.creation = config.name === undefined ? 0 : 4 + (randomBytes(4).readUInt32BE() % (2 ** 32 - 4));
  }

  /** The first message. */
  begin(): Buffer {
    const { name, hostname } = this.config;
    const flags = name === undefined ? ourFlags | flag.NAME_ME : ourFlags;
    const text = Buffer.from(name ?? hostname, 'utf8');
    const message = Buffer.alloc(15);
    message.write('N', 'latin1');
    message.writeBigUInt64BE(flags, 1);
    message.writeUInt32BE(this.creation, 9);
    message.writeUInt16BE(text.length, 13);
    return Buffer.concat([message, text]);
  }

  /** Takes a message of the node. Returns the answer, the agreement when it is done, or undefined to wait for more. Throws an `ErlangError`. */
  receive(message: Buffer): Buffer | Agreement | undefined {
    switch (this.expects) {
      case 'status':
        this.readStatus(message);
        return undefined;
      case 'challenge':
        return this.answer(message);
      case 'ack':
        this.checkAck(message);
        return { name: this.name, creation: this.creation, flags: this.flags };
    }
  }

  /** Why the node has closed the connection in the middle of the handshake, if that is known. */
  explainClose(): ErlangError | undefined {
    const { target } = this.config;
    if (this.expects === 'ack') return wrongCookie(target, 'it refused the cookie of this client');
    return undefined;
  }

  private readStatus(message: Buffer): void {
    const { target, name } = this.config;
    if (message[0] !== letter('s')) throw this.malformed('a status', message);
    const status = message.toString('latin1', 1);
    this.expects = 'challenge';
    if (status.startsWith('named:')) {
      this.readName(message);
    } else if (status === 'ok' || status === 'ok_simultaneous') {
      if (name === undefined) {
        throw new ErlangFlagsError(
          target,
          `${target} gives no names to clients: it is older than OTP 23. Give the option name.`,
        );
      }
    } else if (status === 'alive' || status === 'nok') {
      throw new ErlangNameTakenError(
        target,
        `${target} has a connection by the name ${quoted(name ?? '')} already. Leave out the option name, so that the node gives each connection one, or set max to 1.`,
      );
    } else if (status === 'not_allowed') {
      throw new ErlangFlagsError(
        target,
        `${target} does not take this connection, and its log says why. If "disallowed node": net_kernel:allow/1 there names the nodes that may connect; give one of these as the option name. If "cannot handle": its OTP, which it does not tell, is later than those this client was made for, and insists on the flags that stand there; this client has 0x${ourFlags.toString(16)}, enough for OTP 23 to 29.`,
      );
    } else {
      throw this.malformed('a status', message);
    }
  }

  /** `named:`, a length of two bytes, the name, and a creation. */
  private readName(message: Buffer): void {
    const start = 1 + 'named:'.length;
    if (message.length < start + 2) throw this.malformed('a name', message);
    const end = start + 2 + message.readUInt16BE(start);
    if (message.length < end + 4 || this.config.name !== undefined) throw this.malformed('a name', message);
    this.name = message.toString('utf8', start + 2, end);
    this.creation = message.readUInt32BE(end);
    if (!isNodeName(this.name)) throw this.malformed('a name', message);
  }

  private answer(message: Buffer): Buffer {
    const { target, cookie } = this.config;
    if (message[0] === letter('n')) throw tooOld(target, 'the handshake of version 5');
    if (message[0] !== letter('N') || message.length < 19) throw this.malformed('a challenge', message);
    this.flags = message.readBigUInt64BE(1);
    const challenge = message.readUInt32BE(9);
    const end = 19 + message.readUInt16BE(17);
    if (message.length < end) throw this.malformed('a challenge', message);
    const name = message.toString('utf8', 19, end);
    if (name !== target) {
      throw new ErlangUnknownNameError(
        target,
        `The node that was reached is called ${quoted(name)}, not ${quoted(target)}. Connect to it by that name, or check the port.`,
      );
    }
    const missing = missingFlags(this.flags);
    if (missing.length > 0) throw tooOld(target, `no ${missing.join(', ')} (${releaseOf(this.flags)})`);
    this.expects = 'ack';
    this.ourChallenge = randomBytes(4).readUInt32BE();
    const answer = Buffer.alloc(21);
    answer.write('r', 'latin1');
    answer.writeUInt32BE(this.ourChallenge, 1);
    digest(cookie, challenge).copy(answer, 5);
    return answer;
  }

  private checkAck(message: Buffer): void {
    const { target, cookie } = this.config;
    if (message[0] !== letter('a') || message.length < 17) throw this.malformed('the proof of its cookie', message);
    if (!timingSafeEqual(message.subarray(1, 17), digest(cookie, this.ourChallenge))) {
      throw wrongCookie(target, 'it does not know the cookie of this client');
    }
  }

  private malformed(what: string, message: Buffer): ErlangProtocolError {
    const { target } = this.config;
    const begin = message.subarray(0, 40).toString('latin1');
    return new ErlangProtocolError(
      target,
      `${target} sent ${quoted(begin)} in the handshake, where ${what} was expected. Is that port the one of an Erlang node, and TLS on at both sides or at none?`,
    );
  }
}

const letter = (text: string): number => text.charCodeAt(0);

const digest = (cookie: string, challenge: number): Buffer =>
  createHash('md5').update(cookie, 'latin1').update(String(challenge)).digest();

const wrongCookie = (target: string, why: string): ErlangCookieError =>
  new ErlangCookieError(
    target,
    `Wrong cookie for ${target}: ${why}. Both must have the same one: the option cookie here, erl -setcookie or ~/.erlang.cookie there.`,
  );

const tooOld = (target: string, what: string): ErlangFlagsError =>
  new ErlangFlagsError(target, `${target} has ${what}. This client needs OTP 23 or later there.`);
