import { randomFrom, shuffled } from '../../bench/runner/order';

describe('the order of contenders', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const rounds = (seed: number, count: number): string[] => {
    const random = randomFrom(seed);
    return Array.from({ length: count }, () => shuffled(names, random).join(''));
  };

  it('is the same again with the same seed', () => {
    expect(rounds(7, 5)).toEqual(rounds(7, 5));
  });

  it('is another one with another seed, and in another round', () => {
    expect(new Set([...rounds(1, 3), ...rounds(2, 3)]).size).toBeGreaterThan(4);
  });

  it('leaves no contender out', () => {
    for (const round of rounds(3, 20)) expect(round.split('').sort()).toEqual(names);
  });

  it('puts each contender first about equally often', () => {
    const first = new Map<string, number>();
    for (const round of rounds(11, 6000)) first.set(round[0]!, (first.get(round[0]!) ?? 0) + 1);
    for (const name of names) expect(first.get(name)).toBeGreaterThan(850);
  });
});
