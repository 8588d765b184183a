import { runExample } from './run-example';

describe('the example of diagnostics channels', () => {
  it('prints what happens to each caller, in its own context', async () => {
    const { code, stdout, stderr } = await runExample('diagnostics-channels');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' '));
    expect(lines.slice(0, 6)).toEqual([
      "GET /a orders: 'GET /a' asks",
      '- orders: connect 1',
      '- connection 1 is open',
      'GET /a served by connection 1, after a wait',
      "GET /b orders: 'GET /b' asks",
      'GET /b served at once by connection 1',
    ]);
    expect(lines).toContain('GET /c served by connection 1, after a wait');
    expect(lines).toContain('GET /e served at once by connection 1');
    expect(lines.at(-1)).toBe('- connection 1 is closed: destroy, after 4 uses');
  });
});
