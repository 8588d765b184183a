import { causeOf, stackOf, textOf } from '../../src/diagnosis/texts';

describe('the texts that a dashboard, metrics and health checks send', () => {
  it('have no character that reorders, moves or hides the text around them', () => {
    expect(textOf('\u202egnp.report')).toBe('\\u202egnp.report');
    expect(textOf('a\u0000b\nc\u001b[31mred')).toBe('a\\u0000b\\nc\\u001b[31mred');
    expect(textOf('zero\u200bwidth')).toBe('zero\\u200bwidth');
    expect(textOf('تقرير ليلي 🎉 é')).toBe('تقرير ليلي 🎉 é');
  });

  it('have masked secrets, and an end', () => {
    expect(textOf('postgres://me:secret@db/x')).toBe('postgres://***@db/x');
    expect(textOf('L'.repeat(10_000)).length).toBe(300);
    expect(textOf('\u202e'.repeat(10_000)).length).toBe(300);
  });

  it('keep the lines of a stack, and put the lines of a message on one', () => {
    expect(stackOf('Error: \u202eno\n    at f (a.js:1:1)\n    at g (b.js:2:2)')).toBe(
      'Error: \\u202eno\n    at f (a.js:1:1)\n    at g (b.js:2:2)',
    );
    // A label is shown on one line, also where the same text has been a stack before, and the other way round.
    expect([stackOf('a\nb'), textOf('a\nb'), stackOf('a\nb')]).toEqual(['a\nb', 'a\\nb', 'a\nb']);
    expect(causeOf(new Error('the query failed:\n  near "x"\r\n'))).toBe('the query failed: near "x"');
  });
});
