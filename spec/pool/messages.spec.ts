import { messageWithKind } from '../../src/pool/values/describe';

describe('the message of a reason', () => {
  it('has the name of an error in front, and nothing in front of what is no error', () => {
    class Odd extends Error {
      override readonly name = 'Odd';
    }
    const cases: [reason: unknown, message: string][] = [
      [new Error('refused'), 'Error: refused'],
      [new Odd('refused'), 'Odd: refused'],
      [{ name: 'Plain', message: 'refused' }, 'Plain: refused'],
      [{ message: 'refused' }, 'refused'],
      ['refused', 'refused'],
      [5, '5'],
      [null, 'null'],
      [undefined, 'undefined'],
    ];
    for (const [reason, message] of cases) expect(messageWithKind(reason)).toBe(message);
    // Without a message there is nothing to put a name in front of.
    expect(messageWithKind({ name: 'Nameless' })).not.toMatch(/^Nameless:/);
    expect(messageWithKind(Object.create(null))).not.toMatch(/^undefined:/);
  });
});
