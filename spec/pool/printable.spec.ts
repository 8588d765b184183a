import { isPrintable, printable, printableUpTo } from '../../src/pool/values/printable';

describe('text of a target in a message', () => {
  it('is left as it is where every terminal prints it', () => {
    for (const text of ['', 'a\tb', ' ', '~', ' !"~', 'ž', '日本語', '🐎', '❤️', '☺︎']) {
      expect(isPrintable(text)).withContext(text).toBeTrue();
      expect(printable(text)).toBe(text);
    }
  });

  it('has controls, invisible characters and single surrogates escaped as in JSON', () => {
    const cases: [text: string, shown: string][] = [
      ['\u0000', '\\u0000'],
      ['\u0008', '\\u0008'],
      ['\n', '\\n'],
      ['\r', '\\r'],
      ['\u001f', '\\u001f'],
      ['\u007f', '\\u007f'],
      ['\u0080', '\\u0080'],
      ['\u00ad', '\\u00ad'],
      ['\u2028', '\\u2028'],
      ['\u2029', '\\u2029'],
      ['\u202e', '\\u202e'],
      ['\u3164', '\\u3164'],
      ['\ud800', '\\ud800'],
      ['\u{e0041}', '\\udb40\\udc41'],
    ];
    for (const [text, shown] of cases) {
      expect(isPrintable(text)).withContext(shown).toBeFalse();
      expect(printable(text)).toBe(shown);
      // In the middle, at the beginning, at the end, and twice.
      expect(printable(`ž${text}a${text}`)).toBe(`ž${shown}a${shown}`);
      expect(printable(`${text}a`)).toBe(`${shown}a`);
    }
  });
});

describe('long text', () => {
  const piece = 64 * 1024;

  it('is escaped in pieces, without a difference', () => {
    for (const length of [0, 1, piece - 1, piece, piece + 1, 2 * piece]) {
      const text = 'ž'.repeat(length);
      expect(printableUpTo(Infinity, text)).toEqual({ text, cut: 0 });
    }
  });

  it('is given to the function that escapes it piece by piece', () => {
    const pieces: number[] = [];
    const { text, cut } = printableUpTo(Infinity, 'a'.repeat(2 * piece + 5), (part) => {
      pieces.push(part.length);
      return part.toUpperCase();
    });
    expect(pieces).toEqual([piece, piece, 5]);
    expect([text, cut]).toEqual(['A'.repeat(2 * piece + 5), 0]);
  });

  it('is not divided inside of a character of two code units', () => {
    const pieces: string[] = [];
    const divided = (text: string): number[] => {
      pieces.length = 0;
      printableUpTo(Infinity, text, (part) => {
        pieces.push(part);
        return part;
      });
      return pieces.map(({ length }) => length);
    };
    expect(divided(`${'a'.repeat(piece - 1)}🐎b`)).toEqual([piece - 1, 3]);
    expect(divided(`${'a'.repeat(piece - 2)}🐎b`)).toEqual([piece, 1]);
    // A low surrogate at the end of a piece is no reason to divide it earlier, nor is a high one at the end of the text.
    expect(divided(`${'a'.repeat(piece - 1)}\udfffb`)).toEqual([piece, 1]);
    expect(divided(`${'a'.repeat(piece - 1)}\ud800`)).toEqual([piece]);
    expect(divided(`${'a'.repeat(piece - 1)}\udc00b`)).toEqual([piece, 1]);
    expect(divided(`${'a'.repeat(piece - 1)}\udbffb`)).toEqual([piece - 1, 2]);
    expect(divided(`${'a'.repeat(piece - 1)}\ud7ffb`)).toEqual([piece, 1]);
  });

  it('is cut in front of the piece that would be too long, with the number of characters that are missing', () => {
    const text = `${'a'.repeat(piece)}${'b'.repeat(10)}`;
    expect(printableUpTo(piece + 10, text)).toEqual({ text, cut: 0 });
    expect(printableUpTo(piece + 9, text)).toEqual({ text: 'a'.repeat(piece), cut: 10 });
    expect(printableUpTo(piece, text)).toEqual({ text: 'a'.repeat(piece), cut: 10 });
    expect(printableUpTo(piece - 1, text)).toEqual({ text: '', cut: piece + 10 });
    // What counts is the length of the escaped text.
    expect(printableUpTo(5, '\u0001')).toEqual({ text: '', cut: 1 });
    expect(printableUpTo(6, '\u0001')).toEqual({ text: '\\u0001', cut: 0 });
  });
});
