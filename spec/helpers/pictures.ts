import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../../docs/pictures');

/** The names of all pictures. */
export const pictureNames = readdirSync(folder).flatMap((file) => (file.endsWith('.txt') ? [file.slice(0, -4)] : []));

/** The pictures of the operators that are pulled. */
export const isPulled = (name: string): boolean => name.startsWith('pull-');

/** The marbles of a picture by their titles, aligned with the frames in which they begin. A title that is there twice has the second as `title 2`. */
export function streamsOf(name: string): Record<string, string> {
  const streams: Record<string, string> = {};
  for (const block of readFileSync(resolve(folder, `${name}.txt`), 'utf8').split('\n\n')) {
    const [marble, title] = block.split('\n');
    if (title?.startsWith('title = ') !== true) continue;
    const key = title.slice('title = '.length).trimEnd();
    streams[key in streams ? `${key} 2` : key] = marble!;
  }
  return streams;
}

/** The streams of a picture that are the work for an item, by the item. */
export function worksOf(streams: Readonly<Record<string, string>>): (readonly [item: string, marble: string])[] {
  return Object.entries(streams).flatMap(([title, marble]) => {
    const item = /^(?:work\((?=\w\)$)|(?=\w, cancelled$))(\w)/.exec(title)?.[1];
    return item === undefined ? [] : [[item, marble] as const];
  });
}

/** When the work is subscribed, and when it ends: the frames in which its marbles begin and end. */
export function lifeOf(marble: string): readonly [begin: number, end: number] {
  return [marble.length - marble.trimStart().length, /[|#]/.exec(marble)?.index ?? marble.length];
}
