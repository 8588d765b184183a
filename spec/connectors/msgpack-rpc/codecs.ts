import { createRequire } from 'node:module';
import { Packr } from 'msgpackr';
import {
  createLiteCodec,
  createMsgpackrCodec,
  type Codec,
  type PackrClass,
} from '../../../src/connectors/msgpack-rpc/index';

// msgpackr as it is where its native part could not be installed.
const withoutNativePart = createRequire(import.meta.url)('msgpackr/index-no-eval') as { Packr: PackrClass };

/** All that must do the same, by what they are made of. The first one says what is right. */
export const codecs: Readonly<Record<string, () => Codec>> = {
  'msgpack-lite': createLiteCodec,
  msgpackr: () => createMsgpackrCodec(Packr),
  'msgpackr without its native part': () => createMsgpackrCodec(withoutNativePart.Packr),
};
