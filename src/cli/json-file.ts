import { readFileSync } from 'node:fs';
import { unreadable } from './input';
import { messageOf } from './outcome';

/** The content of a file, or undefined: then the problem is added. `piped`: the text, if it was read already. */
export function readJson(file: string, problems: string[], piped?: string): unknown {
  let text: string;
  try {
    // Some editors write a byte order mark, which JSON does not allow.
    text = (piped ?? readFileSync(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    problems.push(unreadable(file, error));
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // Events are usually written one per line.
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (lines.length > 1) {
      try {
        return lines.map((line) => JSON.parse(line) as unknown);
      } catch {
        // Neither: the problem below is that of the whole file.
      }
    }
    problems.push(`'${file}' is not JSON: ${messageOf(error)}`);
    return undefined;
  }
}
