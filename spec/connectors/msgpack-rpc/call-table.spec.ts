import * as fc from 'fast-check';
import { CallTable } from '../../../src/connectors/msgpack-rpc/call-table';
import type { Call } from '../../../src/connectors/msgpack-rpc/calls';

const callOf = (id: number): Call => ({ id }) as Call;

describe('CallTable', () => {
  it('finds what a Map would find, whatever is added, removed and forgotten', () => {
    const command = fc.tuple(
      fc.constantFrom('add', 'add', 'add', 'remove', 'forget'),
      fc.integer({ min: 1, max: 150 }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 300 }), (commands) => {
        const table = new CallTable();
        const model = new Map<number, Call | null>();
        for (const [what, id] of commands) {
          if (what === 'add') {
            if (model.has(id)) continue;
            const call = callOf(id);
            table.add(call);
            model.set(id, call);
          } else if (what === 'remove') {
            table.remove(id);
            model.delete(id);
          } else if (model.has(id)) {
            table.cancel(id);
            model.set(id, null);
          }
          expect(table.size).toBe(model.size);
        }
        for (let id = 0; id <= 151; id++) {
          expect(table.get(id)).toBe(model.get(id));
          expect(table.has(id)).toBe(model.has(id));
        }
        const left = [...model.values()].filter((call) => call !== null);
        expect(new Set(table.takeAll())).toEqual(new Set(left));
        expect(table.size).toBe(0);
      }),
    );
  });
});
