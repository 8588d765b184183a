import { AvailableSlots } from '../../src/pool/state/available-slots';
import type { Slot } from '../../src/pool/state/claim-and-slot';

type Named = Slot<string> & { readonly name: string };

const idle = (name: string): Named => ({ name, holders: { size: 0 }, ahead: null, behind: null }) as unknown as Named;

describe('the next fresh slot', () => {
  const order: Record<'lifo' | 'fifo', string> = { lifo: 'd', fifo: 'c' };
  for (const [by, expected] of Object.entries(order)) {
    it(`is the first one in the order of lending, ${by}, that needs no validation`, () => {
      const slots = new AvailableSlots<string>(1, by as 'lifo' | 'fifo');
      for (const name of ['a', 'b', 'c', 'd']) slots.add(idle(name));
      const fresh = slots.nextFresh((slot) => (slot as Named).name >= 'c') as Named;
      expect(fresh.name).toBe(expected);
    });
  }

  it('is none when the last one needs a validation: no other of its load is fresher', () => {
    const slots = new AvailableSlots<string>(1, 'lifo');
    slots.add(idle('a'));
    slots.add(idle('b'));
    expect(slots.nextFresh((slot) => (slot as Named).name === 'a')).toBeNull();
  });
});
