/** More of them say nothing new; nor do more of those that differ in their numbers only. */
const mostKept = 20;
const mostOfAKind = 3;

/** What was seen that no pool may do, a sentence each. */
export class Findings {
  private readonly found = new Set<string>();
  private readonly kinds = new Map<string, number>();

  get sentences(): readonly string[] {
    return [...this.found];
  }

  broken(sentence: string): void {
    if (this.found.size >= mostKept || this.found.has(sentence)) return;
    const kind = sentence.replace(/\d+(\.\d+)?/g, '#');
    const known = this.kinds.get(kind) ?? 0;
    if (known >= mostOfAKind) return;
    this.kinds.set(kind, known + 1);
    this.found.add(sentence);
  }
}
