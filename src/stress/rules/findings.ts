/** The most violations that are kept, and the most that differ in their numbers only. */
const maxKept = 20;
const maxPerKind = 3;

/** The violations of the contract, one sentence each. */
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
