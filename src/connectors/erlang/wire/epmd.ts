import { createConnection, type Socket } from 'node:net';
import { explain } from '../../msgpack-rpc/socket-errors';
import { hostAndPort } from '../../msgpack-rpc/target';
import { ErlangEpmdError, ErlangFlagsError, ErlangProtocolError, ErlangUnknownNameError, quoted, type ErlangError } from '../errors'; // prettier-ignore

/** Where the name server of Erlang listens. */
export interface EpmdAddress {
  /** Default: the host of the node. */
  readonly host?: string;
  /** Default 4369. */
  readonly port?: number;
}

const PORT_PLEASE = 122;
const PORT_ANSWER = 119;
/** Bytes of an answer at the most. */
const LONGEST_ANSWER = 1024;
const OUR_VERSION = 6;

/** Asks EPMD for the port of a node. Returns what stops it. */
export function lookUp(
  target: string,
  { host, port }: Required<EpmdAddress>,
  found: (port: number) => void,
  failed: (error: ErlangError) => void,
): () => void {
  const where = hostAndPort(host, port);
  const alive = target.slice(0, target.indexOf('@'));
  const socket: Socket = createConnection({ host, port, noDelay: true });
  let answer = Buffer.alloc(0);
  const end = (): void => {
    socket.removeAllListeners('data').removeAllListeners('close');
    socket.destroy();
  };
  const decide = (isWhole: boolean): void => {
    const result = readAnswer(target, alive, where, answer, isWhole);
    if (result === undefined) return;
    end();
    if (typeof result === 'number') found(result);
    else failed(result);
  };
  socket.once('connect', () => {
    const name = Buffer.from(alive, 'utf8');
    const request = Buffer.alloc(3);
    request.writeUInt16BE(1 + name.length);
    request[2] = PORT_PLEASE;
    socket.write(Buffer.concat([request, name]));
  });
  socket.on('data', (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
    decide(false);
  });
  socket.once('error', (error) => {
    end();
    const advice = `Start the node with -sname or -name, which starts EPMD there, or give the option port of a node without it.`;
    failed(
      new ErlangEpmdError(target, `No EPMD at ${where} to ask for ${target}: ${explain(error)}. ${advice}`, error),
    );
  });
  socket.once('close', () => decide(true));
  return end;
}

/** The port; an error; or undefined if more has to come. */
function readAnswer(
  target: string,
  alive: string,
  where: string,
  answer: Buffer,
  isWhole: boolean,
): number | ErlangError | undefined {
  if (answer.length >= 2 && answer[0] === PORT_ANSWER && answer[1] !== 0) {
    const advice = 'Is the node running, and is that its name?';
    return new ErlangUnknownNameError(target, `EPMD at ${where} knows no node called ${quoted(alive)}. ${advice}`);
  }
  if (answer.length >= 10 && answer[0] === PORT_ANSWER) {
    if (answer.readUInt16BE(6) < OUR_VERSION) {
      return new ErlangFlagsError(
        target,
        `${target} is older than OTP 23, says EPMD at ${where}. This client needs OTP 23 or later there.`,
      );
    }
    const port = answer.readUInt16BE(2);
    if (port > 0) return port;
  } else if (!isWhole && answer.length < LONGEST_ANSWER && (answer.length === 0 || answer[0] === PORT_ANSWER)) {
    return undefined;
  }
  return new ErlangProtocolError(
    target,
    `What listens at ${where} does not answer as EPMD does, when it is asked for ${target}.`,
  );
}
