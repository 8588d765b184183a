import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Packr } from 'msgpackr';
import { jsonUpTo } from '../../src/cli/json';
import { jsonLine, oneLine, readableLine } from '../../src/cli/outcome';
import { Output } from '../../src/cli/output';
import { suggestion } from '../../src/pool/values/suggestion';
import { LineCall } from '../../src/cli/line-call';
import {
  builtinMethods,
  connectNode,
  createLiteCodec,
  createMsgpackrCodec,
  RpcError,
  serveNode,
} from '../../src/connectors/msgpack-rpc/index';
import { readable } from '../../src/connectors/msgpack-rpc/errors';
import { checkMessage } from '../../src/connectors/msgpack-rpc/messages';
import { parseTarget } from '../../src/connectors/msgpack-rpc/target';
import { Writable } from 'node:stream';
import { printable, printableUpTo } from '../../src/pool/values/printable';
import { run } from './fake-io';

/** What no terminal and no line of a log may get as it is. */
const rude: readonly (readonly [string, string, string])[] = [
  ['escape', '\u001b[2J', '\\u001b[2J'],
  ['a line feed', '\n', '\\n'],
  ['a carriage return', '\r', '\\r'],
  ['DEL', '\u007f', '\\u007f'],
  ['C1', '\u009b2J', '\\u009b2J'],
  ['NEL', '\u0085', '\\u0085'],
  ['a separator of lines', '\u2028', '\\u2028'],
  ['a separator of paragraphs', '\u2029', '\\u2029'],
  ['an override of direction', '\u202e', '\\u202e'],
  ['an isolate', '\u2066', '\\u2066'],
  ['a mark of direction', '\u200f', '\\u200f'],
  ['an Arabic mark of direction', '\u061c', '\\u061c'],
  ['a space without width', '\u200b', '\\u200b'],
  ['a joiner', '\u200d', '\\u200d'],
  ['a soft hyphen', '\u00ad', '\\u00ad'],
  ['a byte order mark', '\ufeff', '\\ufeff'],
  ['a word joiner', '\u2060', '\\u2060'],
  ['a Hangul filler', '\u3164', '\\u3164'],
  ['a tag', '\u{e0041}', '\\udb40\\udc41'],
  ['half of a pair', '\ud800', '\\ud800'],
];
const all = rude.map(([, text]) => text).join('-');
const allShown = rude.map(([, , shown]) => shown).join('-');
const fine = 'a\tb "ž" 日本語 🐎 ❤️';

/** What a function throws, as a text. */
const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it did not throw');
};

describe('what others have written', () => {
  for (const [what, text, shown] of rude) {
    it(`is escaped where it is ${what}`, () => {
      expect(printable(`a${text}b`)).toBe(`a${shown}b`);
      expect(oneLine(text)).toBe(shown);
      expect(readable(text)).toBe(shown);
      expect(readableLine(text)).toBe(`"${shown}"\n`);
      expect(JSON.parse(readableLine({ [text]: [text] }))).toEqual({ [text]: [text] });
      expect(printable(readableLine({ [text]: [text] }).trimEnd())).toBe(readableLine({ [text]: [text] }).trimEnd());
    });
  }

  it('is left as it is otherwise', () => {
    expect(printable(fine)).toBe(fine);
    expect(readableLine(fine)).toBe(`${fine}\n`);
  });

  it('is escaped in messages of errors', () => {
    expect(new RpcError('node', 'x', [0, all]).message).toBe(`'x' failed on node: ${allShown}`);
    expect(new RpcError('node', 'x', { message: Buffer.from(all) }).message).not.toContain('\n');
    expect(messageOf(() => checkMessage([2, all, 1]))).toContain(`'${allShown}'`.slice(0, 90));
    for (const target of [`${all}:x`, `a${all}b`, { host: all, port: 1 }, { path: all, port: 1 }]) {
      const message = messageOf(() => connectNode(target));
      expect(printable(message)).toBe(message);
    }
  });

  it('is escaped in what the command says, names of files and keys of scenarios among it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rude-'));
    const scenario = join(folder, 'scenario.json');
    writeFileSync(scenario, JSON.stringify({ pool: { max: 1 }, [all]: 1, arrivals: { [all]: 2 } }));
    for (const args of [
      [all],
      ['send', `--${all}`, all],
      ['send', '--target', '127.0.0.1:1', '--method', 'x', join(folder, all)],
      ['simulate', scenario],
      ['serve', all],
    ]) {
      const { code, stderr } = await run(args);
      expect(code).toBe(2);
      for (const line of stderr.trimEnd().split('\n')) expect(printable(line)).toBe(line);
      expect(stderr).toContain('\\u202e');
    }
    rmSync(folder, { recursive: true });
  });
});

describe('a long answer', () => {
  const longest = 1000;

  it('is escaped in pieces, which makes no difference', () => {
    const text = `${'🐎\u0001'.repeat(40_000)}${all}`;
    expect(printableUpTo(Infinity, text)).toEqual({ text: printable(text), cut: 0 });
    expect(JSON.parse(jsonUpTo(text).json)).toBe(text);
  });

  it('is cut where it would be too long, and says so', () => {
    const text = '\u0001'.repeat(100 * 1024);
    const { text: shown, cut } = printableUpTo(400_000, text);
    expect(shown.length).toBeLessThanOrEqual(400_000);
    expect([shown, cut]).toEqual(['\\u0001'.repeat(text.length - cut), cut]);
    expect(cut).toBeGreaterThan(0);
    expect(readableLine(text)).toBe(`"${'\\u0001'.repeat(text.length)}"\n`);
  });

  it('is cut inside of other values, which stay what they are', () => {
    const value = {
      a: ['\u0001'.repeat(500), 'b'],
      n: 1.5,
      ['\u0002'.repeat(400)]: 1,
      m: new Map([[1, '\u0003'.repeat(9)]]),
    };
    const { json, cut } = jsonUpTo(value, longest);
    const read = JSON.parse(json) as typeof value;
    expect(Object.keys(read)).toEqual(['a', 'n']);
    expect(read.n).toBe(1.5);
    expect(json.length).toBeLessThan(longest + 100);
    expect(cut).toBeGreaterThan(700);
  });

  it('says in --json how much is missing', () => {
    const call = LineCall.ofText({ index: 0, place: 'line 1', text: 'x', size: 2, problem: undefined });
    // The only large text here: a smaller one would fit.
    const value = { text: '\u0001'.repeat(23 * 1024 * 1024) };
    const line = jsonLine({ index: 0, item: call, status: 'succeeded', value } as never);
    const [, cut] = /,"cut":(\d+)\}\n$/.exec(line.slice(-100))!;
    expect(Number(cut)).toBeGreaterThan(1024 * 1024);
    expect(line.length).toBeLessThan(130 * 1024 * 1024);
  });

  it('costs no other answer of the same turn its line', async () => {
    let letters = 0;
    const stream = new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        letters += text.length;
        done();
      },
    });
    const output = new Output(stream);
    const text = 'x'.repeat(128 * 1024 * 1024);
    let left = 0;
    for (let i = 0; i < 5; i++) output.write(text, () => left++);
    await output.flushed();
    expect([letters, left]).toEqual([5 * text.length, 5]);
  });
});

describe('an error', () => {
  it('is looked at no further than it is shown', () => {
    let looked = 0;
    const watched = (value: object): object =>
      new Proxy(value, { get: (of, key) => (looked++, Reflect.get(of, key)) as unknown });
    const detail = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, { deep: { er: [i] } }]));
    const text = readable(watched(detail));
    expect(looked).toBeLessThan(100);
    expect(text.length).toBeLessThanOrEqual(1001);
    expect(text).toContain("'key 0': { deep: { er: [");
    expect(readable({ a: [1, 'x'], b: new Map([[1, null]]), c: Buffer.of(1) })).toBe(
      "{ a: [ 1, 'x' ], b: Map(1) { 1 => null }, c: <Buffer 01> }",
    );
  });

  it('may be bytes, of which the beginning is read', () => {
    expect(readable(Buffer.from('žluť'))).toBe('žluť');
    expect(readable(Buffer.from('ž'.repeat(100_000)))).toBe(`${'ž'.repeat(1000)}…`);
    expect(readable(Buffer.from([0xff, 0xfe]))).toBe('<Buffer ff fe>');
  });
});

describe('half of a pair of surrogates', () => {
  it('is sent as U+FFFD by each codec, in texts and in keys', () => {
    const codecs = [createLiteCodec(), createMsgpackrCodec(Packr)];
    for (const lone of ['\ud800', 'x\udc00y', `${'x'.repeat(500)}\ud83d`, `\udc0e${'ž'.repeat(2000)}`]) {
      for (const value of [lone, [lone, 'x'.repeat(600)], { [lone]: 1, more: 'x'.repeat(600) }]) {
        const [lite, other] = codecs.map((codec) => Buffer.from(codec.encode(value)).toString('hex'));
        expect(other!).toBe(lite!);
        expect(codecs[0]!.decode(Buffer.from(lite!, 'hex'))).toEqual(
          JSON.parse(JSON.stringify(value).replaceAll(/\\ud[89a-f]../g, '\ufffd')),
        );
      }
    }
  });
});

describe('a target that means no good', () => {
  it('has no NUL in it', async () => {
    for (const target of [
      '127.0.0.1\0.example.org:7000',
      'unix:/tmp/a\0b',
      'a\0b@localhost:1',
      { host: '127.0.0.1\0x', port: 1 },
      { path: '/tmp/a\0' },
    ]) {
      const message = messageOf(() => connectNode(target));
      expect(message).toMatch(/NUL|is not a host/);
      expect(message).not.toContain('\0');
    }
    await expectAsync(serveNode({ methods: {}, path: '/tmp/x\0y' })).toBeRejectedWithError(/NUL/);
    await expectAsync(serveNode({ methods: {}, host: '127.0.0.1\0' })).toBeRejectedWithError(/NUL/);
  });

  it('is shown without what may be a password', async () => {
    const secrets = [
      'tcp://user:s3cret@localhost:1',
      'user:s3cret@localhost:1',
      'user:a@s3cret@[::1]:1',
      { name: 'user:s3cret', host: 'localhost', port: 1 },
    ];
    for (const target of secrets) {
      const issues: string[] = [];
      expect(parseTarget(target, issues)?.label).toMatch(/^user:\*\*\*@/);
    }
    const wrong = [
      'http://user:s3cret@localhost:1',
      'user:s3cret@localhost',
      'tcp://:s3cret@localhost:x',
      { name: 'user:s3cret', host: '', port: 1 },
    ];
    for (const target of wrong) expect(messageOf(() => connectNode(target))).not.toContain('s3cret');
    expect(parseTarget('unix:/a:b@c', [])?.label).toBe('unix:/a:b@c');
    for (const args of [
      ['send', '--target', 'user:s3cret@127.0.0.1:1', '--method', 'x'],
      ['send', 'tcp://user:s3cret@127.0.0.1:1'],
      ['stress', '--ops', '1', '--method', 'x', '--target', 'user:s3cret@127.0.0.1:1'],
    ]) {
      const { stdout, stderr } = await run(args, 'a\n');
      expect(stdout + stderr).not.toContain('s3cret');
      expect(stderr.length).toBeGreaterThan(50);
    }
  });
});

describe('an argument of 120,000 letters', () => {
  const long = 'x'.repeat(120_000);

  it('is refused with a short message, wherever it stands', async () => {
    const places = [
      [long],
      ['send', `--${long}`],
      [`-${long}`],
      ['send', `-${long}`],
      ['send', '--target', long, '--method', 'x'],
      ['send', '--max', long],
      ['serve', long],
      ['stress', '--threshold', long],
      ['stress', '--params', long],
      ['simulate', long],
    ];
    for (const args of places) {
      const { code, stderr } = await run(args);
      expect(code).toBe(2);
      expect(stderr.length).toBeLessThan(25_000);
      expect(stderr).toContain('--help shows the usage.');
    }
  });

  it('is compared with no word', () => {
    const words = [{ word: 'send' }, { word: 'serve' }].map(({ word }) => word);
    expect(suggestion(long, words)).toBe('');
    expect(suggestion('sned', words)).toContain("'send'");
  });
});

describe('the bounds of the built-in methods', () => {
  it('have bounds of their own', () => {
    expect(builtinMethods.word_count(' to be  or not\n')).toBe(4);
    expect(builtinMethods.word_count('')).toBe(0);
    expect(() => builtinMethods.word_count('x '.repeat(9 * 1024 * 1024))).toThrowError(RangeError, /at most 16777216 letters/);
    expect(messageOf(() => builtinMethods.fail('x'.repeat(1_000_000))).length).toBe(10_000);
  });
}); // prettier-ignore
