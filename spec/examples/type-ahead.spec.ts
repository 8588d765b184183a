import { runExample } from './run-example';

describe('the example of a type-ahead', () => {
  it('shows what is wanted, cancels what is not, and ends by itself', async () => {
    const { stdout, stderr } = await runExample('type-ahead');
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    const texts = lines.flatMap((line) => (line.startsWith('> ') ? [line.slice(2)] : []));
    expect([texts[0], texts.at(-1)]).toEqual(['l', 'los angeles']);
    expect(lines).toContain('  - los angeles: Los Angeles');
    expect(stdout).toMatch(/^In Los Angeles it is [A-Z][a-z]+day,? (at )?\d\d:\d\d\.$/m);

    // Each suggestion is for the text that was typed last.
    let typed = '';
    for (const line of lines) {
      if (line.startsWith('> ')) typed = line.slice(2);
      if (line.startsWith('  - ')) expect(line).toMatch(new RegExp(`^  - ${typed}: `));
    }
    const [, answered, cancelled] = /^(\d+) calls were answered, and (\d+) cancelled/m.exec(stdout)!;
    expect(Number(answered) + Number(cancelled)).toBe(texts.length + 1);
    expect(Number(cancelled)).toBeGreaterThan(0);
  });
});
