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

    // What is suggested belongs to what was typed last.
    let typed = '';
    for (const line of lines) {
      if (line.startsWith('> ')) typed = line.slice(2);
      if (line.startsWith('  - ')) expect(line).toMatch(new RegExp(`^  - ${typed}: `));
    }
    const [, answered, givenUp] = /^(\d+) calls were answered, and (\d+) given up/m.exec(stdout)!;
    expect(Number(answered) + Number(givenUp)).toBe(texts.length + 1);
    expect(Number(givenUp)).toBeGreaterThan(0);
  });
});
