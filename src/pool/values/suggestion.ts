/** ' Did you mean …?' if one of the words is similar to `written`; otherwise an empty string. */
export function suggestion(written: string, words: readonly string[], quote = (word: string) => `'${word}'`): string {
  // Text that is much longer than all of the words is similar to none, and slow to compare.
  if (written.length > 2 * Math.max(...words.map((word) => word.length))) return '';
  const distances = words.map((word) => ({ word, distance: distance(written.toLowerCase(), word.toLowerCase()) }));
  const [nearest] = distances.sort((a, b) => a.distance - b.distance);
  if (nearest === undefined || nearest.distance > Math.max(1, nearest.word.length / 3)) return '';
  return ` Did you mean ${quote(nearest.word)}?`;
}

/** The number of characters to insert, delete, replace or swap with the next one (Damerau and Levenshtein). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const least = Math.min(replaced, rows[i - 1]![j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = swapped ? Math.min(least, rows[i - 2]![j - 2]! + 1) : least;
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
