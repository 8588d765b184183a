/**
 * Breaks lines between words where they are longer than the terminal is wide; a terminal alone breaks them within words. Continued lines keep
 * the indent; a word that is longer than a line is not broken.
 */
export function wrapWords(text: string, columns: number): string {
  return columns > 0
    ? text
        .split('\n')
        .flatMap((line) => wrapLine(line, columns))
        .join('\n')
    : text;
}

function wrapLine(line: string, columns: number): string[] {
  const indent = /^ */.exec(line)![0];
  const lines: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const fits = rest.lastIndexOf(' ', columns);
    const end = fits > indent.length ? fits : rest.indexOf(' ', columns);
    if (end < 0) break;
    lines.push(rest.slice(0, end).trimEnd());
    rest = indent + rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
