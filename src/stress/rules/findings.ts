/** More of them say nothing new; nor do more of those that differ in their numbers only. */
const maxKept = 20;
const maxPerKind = 3;

/** What was seen that no pool may do, a sentence each. */
export class Findings {
  private readonly found = new Set<string>();
  private readonly kinds = new Map<string, number>();

  get sentences(): readonly string[] {
    return [...this.found];
  }

  add(sentence: string): void {
    if (this.found.size >= maxKept || this.found.has(sentence)) return;
    const kind = sentence.replace(/\d+(\.\d+)?/g, '#');
    const known = this.kinds.get(kind) ?? 0;
    if (known >= maxPerKind) return;
    this.kinds.set(kind, known + 1);
    this.found.add(sentence);
  }
}
