/** The values of an exposition, by `name{labels}`. Fails on a line that is neither a value nor a comment. */
export function valuesOf(text: string): Record<string, number> {
  const values: Record<string, number> = {};
  for (const line of text.trimEnd().split('\n')) {
    if (line === '' || line.startsWith('# ')) continue;
    const [, key, value] = /^([a-z_]+\{.*\}) (\S+)$/.exec(line) ?? [];
    if (key === undefined || key in values) throw new Error(`Not a line of an exposition, or twice: ${line}`);
    values[key] = Number(value);
  }
  return values;
}

/** Name and type of each metric. */
export const typesOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]));
