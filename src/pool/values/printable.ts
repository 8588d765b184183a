/** Nothing but what every terminal prints as it is. */
const harmless = /^[\t\x20-\x7e]*$/;

/**
 * What moves the cursor, turns the direction of what follows, or cannot be seen: controls, separators of lines, format characters, halves of pairs, and what
 * is ignored by default. Tabs, and the two characters that choose how an emoji looks, are none of it.
 */
const unprintable = /(?!\t|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Whether a text can be printed as it is. */
export const isPrintable = (text: string): boolean => harmless.test(text) || text.search(unprintable) === -1;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };
const escaped = (character: string): string =>
  short[character] ??
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');

/** A text that others may have written, for one line of a log or a terminal: whatever is not printable is escaped as in JSON. */
export const printable = (text: string): string => (harmless.test(text) ? text : text.replace(unprintable, escaped));

/** So many letters at a time: what is escaped may be six times as long, and an engine has a longest text. */
const PIECE = 64 * 1024;

/**
 * The same of a text of any length, which is escaped in pieces; what would make it longer than `longest` is cut, and how much that is is said behind it.
 * `escape` comes first for each piece.
 */
export function printableUpTo(
  longest: number,
  text: string,
  escape = (piece: string): string => piece,
): { text: string; cut: number } {
  const pieces: string[] = [];
  let room = longest;
  let at = 0;
  while (at < text.length) {
    let end = Math.min(text.length, at + PIECE);
    // Not through the middle of a character.
    if (end < text.length && end - at > 1 && isHigh(text.charCodeAt(end - 1))) end--;
    const piece = printable(escape(text.slice(at, end)));
    if (piece.length > room) break;
    room -= piece.length;
    pieces.push(piece);
    at = end;
  }
  return { text: pieces.join(''), cut: text.length - at };
}

const isHigh = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
