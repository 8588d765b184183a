import { linesOf, type Line } from '../../src/cli/lines';

const collect = async (sources: Parameters<typeof linesOf>[0], longest?: number): Promise<Line[]> => {
  const lines: Line[] = [];
  for await (const line of linesOf(sources, longest)) lines.push(line);
  return lines;
};

/** As one unnamed source, cut into chunks of a given number of bytes. */
const cut = (input: string | Buffer, size: number, name?: string) => {
  const bytes = Buffer.from(input as string);
  return {
    name,
    async *chunks() {
      for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
    },
  };
};
const texts = async (input: string, size = 1000): Promise<string[]> =>
  (await collect([cut(input, size)])).map(({ text }) => text);

describe('the lines of an input', () => {
  it('are what is between line ends; the last one needs none', async () => {
    expect(await texts('a\nb')).toEqual(['a', 'b']);
    expect(await texts('a\nb\n')).toEqual(['a', 'b']);
    expect(await texts('')).toEqual([]);
  });

  it('are items when they are blank, too', async () => {
    expect(await texts('\n\na\n \n')).toEqual(['', '', 'a', ' ']);
  });

  it('may end as on Windows; a carriage return elsewhere stays', async () => {
    expect(await texts('a\r\nb\rc\r\n\r\nd\r')).toEqual(['a', 'b\rc', '', 'd']);
  });

  it('are the same wherever the chunks are cut', async () => {
    const input = 'größer\r\nals 🌍\n\n漢字';
    for (const size of [1, 2, 3, 4, 5, 7]) {
      expect(await texts(input, size))
        .withContext(`chunks of ${size}`)
        .toEqual(['größer', 'als 🌍', '', '漢字']);
    }
  });

  it('begin after a byte order mark, in every file, and keep one that stands elsewhere', async () => {
    const lines = await collect([cut('\uFEFFa\n\uFEFFb', 2, 'one'), cut('\uFEFFc', 100, 'two')]);
    expect(lines.map(({ text }) => text)).toEqual(['a', '\uFEFFb', 'c']);
  });

  it('are counted through all files, and named by file and number', async () => {
    const lines = await collect([cut('a\nb', 100, 'x.txt'), cut('c\n', 100, 'y.txt'), cut('d', 100)]);
    expect(lines.map(({ index, place }) => [index, place])).toEqual([
      [0, 'x.txt:1'],
      [1, 'x.txt:2'],
      [2, 'y.txt:1'],
      [3, 'line 1'],
    ]);
  });

  it('have a problem if they are no UTF-8, and none for a replacement character that is there', async () => {
    const lines = await collect([cut(Buffer.concat([Buffer.from('a\uFFFD\n'), Buffer.from([0xe4, 0x0a])]), 100)]);
    expect(lines[0]!.problem).toBeUndefined();
    expect(lines[1]!.problem?.code).toBe('NOT_UTF8');
    expect(lines[1]!.problem?.message).toContain('line 2 is not UTF-8');
  });

  it('have a problem if they are too long, and do not swallow the next one', async () => {
    for (const size of [1, 3, 100]) {
      const lines = await collect([cut('12345\n123456\r\n12345\r\n1234567890\nend', size)], 5);
      expect(lines.map(({ text, problem }) => problem?.code ?? text))
        .withContext(`chunks of ${size}`)
        .toEqual(['12345', 'TOO_LONG', '12345', 'TOO_LONG', 'end']);
    }
  });

  it('know how many bytes they were', async () => {
    const lines = await collect([cut('ä\r\n\nb\n', 100)]);
    expect(lines.map(({ size }) => size)).toEqual([4, 1, 2]);
  });

  it('are read no further than they are pulled', async () => {
    let pulled = 0;
    const source = {
      name: undefined,
      async *chunks() {
        for (;;) {
          pulled++;
          yield Buffer.from('a\nb\n');
        }
      },
    };
    const lines = linesOf([source]);
    for (let i = 0; i < 4; i++) await lines.next();
    expect(pulled).toBe(2);
  });
});
