import { deepEqual, firstDifference } from './equality';
import type { Difference } from './equality';
import { Letters } from './letters';
import type { Matches } from './letters';
import { drawRows } from './rows';
import type { Mark } from './rows';
import { isMessage, show } from './show';
import type { Message } from './show';

/** When an Observable was subscribed and unsubscribed; `Infinity` for never. */
export interface SubscriptionTimes {
  readonly subscribedFrame: number;
  readonly unsubscribedFrame: number;
}

/** How the values of messages are compared and described; the defaults are those of `expectObservable`. */
export interface Comparison {
  readonly matches?: Matches;
  /** The expected messages with the letters of the marble string as their values. */
  readonly written?: readonly Message[] | undefined;
}

/** The text of a failure: the expected and the actual messages as marble rows; null if they are equal. */
export function compareMessages(
  actual: readonly Message[],
  expected: readonly Message[],
  { matches = deepEqual, written }: Comparison = {},
): string | null {
  const isSame = (one: Message | undefined, other: Message | undefined): boolean =>
    one?.frame === other?.frame &&
    one?.notification.kind === other?.notification.kind &&
    matches(contentOf(one), contentOf(other));
  if (actual.length === expected.length && actual.every((one, i) => isSame(one, expected[i]))) return null;

  const letters = new Letters(matches);
  const [expectedMarks, actualMarks] = [letters.expectedMarks(expected, written), letters.actualMarks(actual)];
  const [actualAt, expectedAt] = [byFrame(actual), byFrame(expected)];
  const differs = (frame: number): boolean => {
    const [got, wanted] = [actualAt(frame), expectedAt(frame)];
    return got.length !== wanted.length || !got.every((one, i) => isSame(one, wanted[i]));
  };
  const [lines, first, frames] = drawn(expectedMarks, actualMarks, differs);
  const shown = new Set(
    [...expectedMarks, ...actualMarks].filter(({ frame }) => frames.has(frame)).map(({ letter }) => letter),
  );
  const legend = letters
    .legend(shown)
    .map(([letter, value, isExpected]) => `${letter} = ${show(value)}${isExpected ? '' : '  (actual)'}`);
  const details = detailsOf(actualAt(first), expectedAt(first), letters, matches);
  return [...lines, ...(legend.length + details.length > 0 ? [''] : []), ...indented([...legend, ...details])].join(
    '\n',
  );
}

/** The same for subscription logs: a pair of rows for each that differs. */
export function compareSubscriptions(
  actual: readonly SubscriptionTimes[],
  expected: readonly SubscriptionTimes[],
): string | null {
  const isSame = (one: SubscriptionTimes | undefined, other: SubscriptionTimes | undefined): boolean =>
    one?.subscribedFrame === other?.subscribedFrame && one?.unsubscribedFrame === other?.unsubscribedFrame;
  const count = Math.max(actual.length, expected.length);
  const wrong = Array.from({ length: count }, (_, i) => i).filter((i) => !isSame(actual[i], expected[i]));
  if (wrong.length === 0) return null;
  const number = actual.length === expected.length ? '' : `, ${expected.length} expected, ${actual.length} actual`;
  const parts = wrong.map((i) => {
    const [actualMarks, expectedMarks] = [subscriptionMarks(actual[i]), subscriptionMarks(expected[i])];
    const [lines] = drawn(expectedMarks, actualMarks, (frame) => at(actualMarks, frame) !== at(expectedMarks, frame));
    return [count === 1 ? '' : `subscription ${i + 1} of ${count}${number}: `, lines.join('\n')].join('');
  });
  return parts.join('\n\n');
}

/** What RxJS's `assertDeepEqual` gets, or any other values. */
export function compare(actual: unknown, expected: unknown): string | null {
  const given = [...listOf(actual), ...listOf(expected)];
  const areLists = Array.isArray(actual) && Array.isArray(expected) && given.length > 0;
  if (areLists && given.every(isMessage)) return compareMessages(actual as Message[], expected as Message[]);
  if (areLists && given.every(isSubscription)) {
    return compareSubscriptions(actual as SubscriptionTimes[], expected as SubscriptionTimes[]);
  }
  const found = firstDifference(actual, expected);
  if (found === null) return null;
  return [
    'the values differ',
    '',
    ...indented([`expected  ${show(expected)}`, `actual    ${show(actual)}`, ...pathOf(found, 'actual', 'expected')]),
  ].join('\n');
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isSubscription = (value: unknown): boolean =>
  typeof (value as SubscriptionTimes | null)?.subscribedFrame === 'number';

const contentOf = (message: Message | undefined): unknown =>
  message?.notification.kind === 'N' ? message.notification.value : message?.notification.error;

/** The messages of each frame. Grouped once: a test of an hour has many frames, and each of them is looked up. */
function byFrame(messages: readonly Message[]): (frame: number) => readonly Message[] {
  const groups = new Map<number, Message[]>();
  for (const message of messages) {
    const group = groups.get(message.frame);
    if (group === undefined) groups.set(message.frame, [message]);
    else group.push(message);
  }
  return (frame) => groups.get(frame) ?? [];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** The rows, with what differs first in words; and its frame. */
function drawn(
  expected: readonly Mark[],
  actual: readonly Mark[],
  differs: (frame: number) => boolean,
): [lines: string[], first: number, frames: ReadonlySet<number>] {
  const { rows, carets, toScale, first, frames } = drawRows([expected, actual], differs);
  return [
    [
      `frame ${first}: expected ${at(expected, first)}, got ${at(actual, first)}`,
      '',
      `  expected  ${rows[0]!}`,
      `  actual    ${rows[1]!}`,
      `            ${carets}`,
      ...(toScale ? [] : ['  (not to scale: a group is wider than the time to the next sign)']),
    ],
    first,
    frames,
  ];
}

function at(marks: readonly Mark[], frame: number): string {
  const letters = marks.filter((mark) => mark.frame === frame).map(({ letter }) => letter);
  if (letters.length === 0) return 'nothing';
  return letters.length === 1 ? letters[0]! : `(${letters.join('')})`;
}

/** What the letters do not say of the first difference: which part of a value differs, and which errors there are. */
function detailsOf(
  actual: readonly Message[],
  expected: readonly Message[],
  letters: Letters,
  matches: Matches,
): string[] {
  const i = actual.findIndex((one, n) => expected[n] !== undefined && !matches(contentOf(one), contentOf(expected[n])));
  const errors = (messages: readonly Message[], name: string): string[] =>
    messages.flatMap(({ notification: { kind, error } }) => (kind === 'E' ? [`# ${name} ${show(error)}`] : []));
  const [wrong, wanted] = [actual[i], expected[i]];
  const isValue = wrong?.notification.kind === 'N' && wanted?.notification.kind === 'N' && matches === deepEqual;
  const found = isValue ? firstDifference(wrong.notification.value, wanted.notification.value) : null;
  const [actualName, expectedName] = isValue
    ? [letters.actualMarks([wrong])[0]!.letter, letters.expectedMarks([wanted])[0]!.letter]
    : ['', ''];
  return [
    ...errors(expected, 'expected '),
    ...errors(actual, 'actual   '),
    ...(found === null ? [] : pathOf(found, actualName, expectedName)),
  ];
}

/** Which part differs, of values that have parts. */
function pathOf({ path, actual, expected }: Difference, actualName: string, expectedName: string): string[] {
  return path === '' ? [] : [`${actualName}${path} is ${show(actual)}, ${expectedName}${path} is ${show(expected)}`];
}

function subscriptionMarks(log: SubscriptionTimes | undefined): Mark[] {
  if (log === undefined) return [];
  const marks: Mark[] = [{ frame: log.subscribedFrame, letter: '^' }];
  if (log.unsubscribedFrame !== Infinity) marks.push({ frame: log.unsubscribedFrame, letter: '!' });
  return marks.filter(({ frame }) => frame !== Infinity);
}
