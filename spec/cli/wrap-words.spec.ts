import fc from 'fast-check';
import { wrapWords } from '../../src/cli/wrap-words';

describe('wrapping for a narrow terminal', () => {
  it('breaks between words, and keeps the indent', () => {
    expect(
      wrapWords('Saturated 88 % of the time; the longest queue was 4.\n  4 × Error: no such word here\n', 24),
    ).toBe('Saturated 88 % of the\ntime; the longest queue\nwas 4.\n  4 × Error: no such\n  word here\n');
  });

  it('leaves what fits, a word that does not, and everything where the width is not known', () => {
    expect(wrapWords('it fits', 7)).toBe('it fits');
    expect(wrapWords('a supercalifragilistic word', 8)).toBe('a\nsupercalifragilistic\nword');
    expect(wrapWords('it may be as long as it is', 0)).toBe('it may be as long as it is');
  });

  it('loses no word, and makes no line too long but for one word', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 40 }),
        fc.integer({ min: 1, max: 60 }),
        (words, columns) => {
          const wrapped = wrapWords(words.join(' '), columns);
          expect(wrapped.split(/[ \n]/)).toEqual(words.length === 0 ? [''] : words);
          for (const line of wrapped.split('\n')) expect(line.length <= columns || !line.includes(' ')).toBeTrue();
        },
      ),
    );
  });
});
