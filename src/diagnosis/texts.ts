import { messageOf } from '../pool/values/describe';
import { printable } from '../pool/values/printable';

/** In letters: names, labels and messages are of any length, and the beginning says what they are about. */
const longest = 300;
const longestStack = 4_000;

const secrets: readonly (readonly [RegExp, string])[] = [
  // user:password@ of a URL; a password alone; a user alone is often a token.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@'"]*@/gi, '$1***@'],
  [/\b((?:set-)?cookie|(?:proxy-)?authorization)(["']?\s*[:=]\s*)[^\r\n"']+/gi, '$1$2***'],
  [/\b(bearer|basic)\s+[\w.~+/-]{6,}=*/gi, '$1 ***'],
  [
    /\b(pass(?:word|wd)?|pwd|secret|token|api[-_]?key|access[-_]?key|sid|session)(["']?\s*[:=]\s*["']?)[^\s"'&;,)]+/gi,
    '$1$2***',
  ],
];

/** The text without what gives access: credentials in URLs, cookies, tokens, passwords. */
const masked = (text: string): string =>
  secrets.reduce((rest, [secret, instead]) => rest.replace(secret, instead), text);

/** Labels come again with every lease. */
const known = new Map<string, string>();
const mostKnown = 500;

/** A name, a label or a message, as it is sent: characters that reorder, move or hide the text around them are escaped. */
export function textOf(value: string | undefined): string {
  if (value === undefined || value === '') return '';
  const before = known.get(value);
  if (before !== undefined) return before;
  const text = shown(value, longest, printable);
  if (value.length <= 100) {
    if (known.size >= mostKnown) known.clear();
    known.set(value, text);
  }
  return text;
}

const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

export const stackOf = (stack: string | undefined): string =>
  stack === undefined ? '' : shown(stack, longestStack, printableLines);

/** What something failed with, as it is sent: one line. */
export const causeOf = (error: unknown): string =>
  error === undefined
    ? ''
    : textOf(
        messageOf(error)
          .trim()
          .replace(/\s*\n\s*/g, ' '),
      );

function shown(value: string, most: number, escape: (text: string) => string): string {
  // Cut first: what is masked costs time by its length.
  const text = escape(masked(value.length > 4 * most ? value.slice(0, 4 * most) : value));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
