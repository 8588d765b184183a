import { deepEqual } from './equality';
import type { Message } from './show';
import type { Mark } from './rows';

export type Matches = (actual: unknown, expected: unknown) => boolean;

const spare = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZαβγδεζηθικλμνξοπρστυφχψω');
const signs = new Set('-|#^!() ');

const isLetter = (value: unknown): value is string =>
  typeof value === 'string' && Array.from(value).length === 1 && !signs.has(value);

const isPlain = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

/** Which letter of the rows stands for which value. */
export class Letters {
  private readonly expected = new Map<string, unknown>();
  private readonly others = new Map<string, unknown>();

  constructor(private readonly matches: Matches = deepEqual) {}

  /** The row of the expected messages. `written`: the letters of the marble string, if it is known. */
  expectedMarks(messages: readonly Message[], written?: readonly Message[]): Mark[] {
    return messages.map(({ frame, notification }, i): Mark => {
      if (notification.kind !== 'N') return { frame, letter: notification.kind === 'E' ? '#' : '|' };
      const given = written?.[i]?.notification.value;
      const letter = typeof given === 'string' ? given : this.letterFor(notification.value);
      this.expected.set(letter, notification.value);
      return { frame, letter };
    });
  }

  /** The row of the actual messages, in the letters of the expected ones. Call it after `expectedMarks`. */
  actualMarks(messages: readonly Message[]): Mark[] {
    return messages.map(({ frame, notification }): Mark => {
      if (notification.kind !== 'N') return { frame, letter: notification.kind === 'E' ? '#' : '|' };
      return { frame, letter: this.actualLetter(notification.value) };
    });
  }

  /** The values of the letters in these rows, where they are more than the letter itself. */
  legend(letters: ReadonlySet<string>): (readonly [letter: string, value: unknown, isExpected: boolean])[] {
    const all = [
      ...[...this.expected].map(([letter, value]) => [letter, value, true] as const),
      ...[...this.others].map(([letter, value]) => [letter, value, false] as const),
    ].filter(([letter]) => letters.has(letter));
    const isClear = (letter: string, value: unknown): boolean =>
      value === letter || (typeof value === 'number' && String(value) === letter);
    // '1' and 1 look the same.
    const isAmbiguous = (value: unknown): boolean =>
      all.some(([, other]) => other !== value && isPlain(other) && isPlain(value) && String(other) === String(value));
    return all.filter(([letter, value]) => !isClear(letter, value) || isAmbiguous(value));
  }

  private actualLetter(value: unknown): string {
    for (const [letter, wanted] of this.expected) if (this.matches(value, wanted)) return letter;
    for (const [letter, other] of this.others) if (deepEqual(value, other)) return letter;
    const letter = this.letterFor(value);
    this.others.set(letter, value);
    return letter;
  }

  /** The value itself, where it is a letter or a digit; otherwise one that stands for no other value. */
  private letterFor(value: unknown): string {
    const own = typeof value === 'number' ? String(value) : value;
    for (const [letter, known] of this.expected) if (deepEqual(value, known)) return letter;
    if (isLetter(own) && !this.isTaken(own)) return own;
    return spare.find((letter) => !this.isTaken(letter)) ?? '?';
  }

  private isTaken(letter: string): boolean {
    return this.expected.has(letter) || this.others.has(letter);
  }
}
