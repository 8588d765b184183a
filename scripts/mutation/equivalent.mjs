// Mutants that change nothing a caller could see, each with the reason. They are not counted.
// `key` is what temp/mutation-result.json has for a mutant that no spec has noticed.
export const equivalent = [
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
  {
    key: 'src/operators/internal/push-batch.ts | this.queue.push(context === this.subscribersContext ? given : new ItemInContext(given, context)); | 16 | context === this.subscribersContext | false',
    why: 'An item that is wrapped with the context of the subscribe begins in it as well: it takes one object more.',
  },
  {
    key: "src/pool/state/connections.ts | slot.state = 'gone'; | 13 | 'gone' | \"\"",
    why: 'No code asks whether a slot is gone: what it is not any more is asked, and its timers and subscriptions have ended.',
  },
  {
    key: 'src/pool/policies/load-shedder.ts | else if (this.emptySince < 0) this.emptySince = this.clock.now(); | 9 | this.emptySince < 0 | this.emptySince <= 0',
    why: 'Times count from the creation of the pool, and shedding begins when the queue has stood for `interval`, which is more than 0.',
  },
  {
    key: 'src/pool/values/printable.ts | const harmless = /^[\\t\\x20-\\x7e]*$/; | 17 | /^[\\t\\x20-\\x7e]*$/ | /^[\\t\\x20-\\x7e]$/',
    why: 'It only spares most texts the search for characters that cannot be printed, which finds none in them.',
  },
  {
    key: 'src/pool/policies/load-shedder.ts | private emptiedByShedding = false; | 28 | false | true',
    why: 'It keeps the time since which the queue stands, and there is none before the first caller waits.',
  },
  {
    key: 'src/pool/reports/diagnostics.ts | if (this.last.at !== at) this.last = { at, holders: this.holders(), cancelled: this.cancelled() }; | 4 | this.last.at !== at | true',
    why: 'The holders are looked up again for each of many callers that are rejected in one instant: slower, and the same.',
  },
];
