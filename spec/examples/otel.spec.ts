import { runExample } from './run-example';

describe('the example of OpenTelemetry', () => {
  it('prints the spans of acquires inside those of their requests, connects without a parent, and the metrics', async () => {
    const { code, stdout, stderr } = await runExample('otel');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const lines = stdout.split('\n').map((line) => line.trim().replace(/ +/g, ' '));
    expect(lines).toContain(jasmine.stringMatching(/^connect orders \d+ ms parent none$/));
    expect(lines).toContain(jasmine.stringMatching(/^acquire orders \d+ ms parent GET \/a, link to connect orders$/));
    expect(lines).toContain(jasmine.stringMatching(/^acquire orders \d+ ms parent GET \/c/));
    expect(lines).toContain('db.client.connection.count 0 used');
    expect(lines).toContain('db.client.connection.limit 2');
    expect(lines.filter((line) => /^db\.client\.connection\.(create|wait|use)_time \d values$/.test(line)).length).toBe(
      3,
    );
  });
});
