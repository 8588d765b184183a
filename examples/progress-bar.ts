import { clearLine, cursorTo } from 'node:readline';

const width = 30;

/** A progress bar of one line on a terminal; elsewhere only its title. */
export function progressBar(
  title: string,
  total: number,
): { update: (done: number, note: string) => void; end: () => void } {
  const { stdout } = process;
  if (!stdout.isTTY) {
    console.log(title);
    return { update: () => undefined, end: () => undefined };
  }
  let drawn = '';
  return {
    update(done, note) {
      const filled = Math.round((done / total) * width);
      const line = `${title.padEnd(20)} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done}/${total}  ${note}`;
      if (line === drawn) return;
      drawn = line;
      cursorTo(stdout, 0);
      stdout.write(line);
      clearLine(stdout, 1);
    },
    end() {
      stdout.write('\n');
    },
  };
}
