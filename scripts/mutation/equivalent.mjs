// Mutants that change nothing a caller could see, each with the reason. They are not counted.
// `key` is what temp/mutation-result.json has for a mutant that no spec has noticed.
export const equivalent = [
  {
    key: "src/pool/values/describe.ts | const parts = Array.isArray(errors) && errors.length > 0 && depth < deepest ? partsOf(errors, depth) : ''; | 39 | errors.length > 0 | true",
    why: 'The parts of no errors are the empty text as well.',
  },
  ...[
    'src/pool/rx/direct-subscriber.ts | if (this.stopped) return; | 4 | this.stopped | false',
    'src/pool/rx/direct-subscriber.ts | if (this.stopped) return; | 4 | this.stopped | false | 2',
    'src/pool/rx/direct-subscriber.ts | if (this.stopped) return; | 4 | this.stopped | false | 3',
  ].map((key) => ({
    key,
    why: 'A run, a claim and a stream say nothing more after their end; what is stopped has no observer any more.',
  })),
  {
    key: "src/pool/rx/connection-lifecycle.ts | this.phase = 'ended'; | 13 | 'ended' | \"\" | 2",
    why: 'The life of an Observable connection that has not come in time is unsubscribed in the same breath, and says nothing more.',
  },
  {
    key: 'src/operators/internal/batch-result.ts | if (this.places.length > 0 && this.places[this.places.length - 1]! > index) this.sorted = false; | 4 | this.places.length > 0 && this.places[this.places.length - 1]! > index | true',
    why: 'What is in order already is sorted once more: slower, and the same.',
  },
];
