/** Text that every terminal prints unchanged. */
const harmless = /^[\t\x20-\x7e]*$/;

/**
 * Characters that move the cursor, change the direction of the following text, or are invisible: controls, line and paragraph separators,
 * format characters, single surrogates, and default ignorable code points. Tabs and the two emoji variation selectors are excepted.
 */
const unprintable = /(?!\t|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Whether a text can be printed unchanged. */
export const isPrintable = (text: string): boolean => harmless.test(text) || text.search(unprintable) === -1;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };
const escaped = (character: string): string =>
  short[character] ??
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');

/** Untrusted text for one line of a log or a terminal: unprintable characters are escaped as in JSON. */
export const printable = (text: string): string => (harmless.test(text) ? text : text.replace(unprintable, escaped));

/** The number of characters that are escaped at a time: escaping may make text six times longer, and engines limit the length of a string. */
const pieceLength = 64 * 1024;

/**
 * The same for text of any length, which is escaped in pieces. The result has at most `maxLength` characters; `cut` is the number of
 * characters of the text that are left out. `escape` is applied to each piece first.
 */
export function printableUpTo(
  maxLength: number,
  text: string,
  escape = (piece: string): string => piece,
): { text: string; cut: number } {
  const pieces: string[] = [];
  let space = maxLength;
  let at = 0;
  while (at < text.length) {
    let end = Math.min(text.length, at + pieceLength);
    // Does not split a surrogate pair.
    if (end < text.length && end - at > 1 && isHigh(text.charCodeAt(end - 1))) end--;
    const piece = printable(escape(text.slice(at, end)));
    if (piece.length > space) break;
    space -= piece.length;
    pieces.push(piece);
    at = end;
  }
  return { text: pieces.join(''), cut: text.length - at };
}

const isHigh = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
