/** ' Did you mean …?' where one of the words is near to what was written; otherwise nothing. */
export function suggestion(written: string, words: readonly string[], shown = (word: string) => `'${word}'`): string {
  // What is so much longer than all of them is near to none, and would take long to compare.
  if (written.length > 2 * Math.max(...words.map((word) => word.length))) return '';
  const distances = words.map((word) => ({ word, distance: distance(written.toLowerCase(), word.toLowerCase()) }));
  const [nearest] = distances.sort((a, b) => a.distance - b.distance);
  if (nearest === undefined || nearest.distance > Math.max(1, nearest.word.length / 3)) return '';
  return ` Did you mean ${shown(nearest.word)}?`;
}

/** How many characters have to be inserted, deleted, changed or swapped with the next one (Damerau and Levenshtein). */
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
