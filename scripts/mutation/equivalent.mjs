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
  {
    key: 'src/pool/metrics/timings.ts | if (ms !== 0 && this.enabled) this.wait.record(ms); | 4 | ms !== 0 | true',
    why: 'Waits of 0 ms that are not recorded are added when a snapshot is taken: faster, and the same.',
  },
  {
    key: 'src/pool/core/drain-loop.ts | useShortcuts = true; | 15 | true | false',
    why: 'The shortcuts change nothing but the speed: the ledger compares the events with and without them.',
  },
  {
    key: 'src/pool/core/leases.ts | if (!this.quiescent) this.drain(); | 4 | !this.quiescent | true',
    why: 'One more pass, in which nothing is due.',
  },
  {
    key: 'src/pool/metrics/histogram.ts | if (units < 0x7fffffff) { | 24 | { const octave = 31 - Math.clz32(units); return (octave - 5) * perOctave + (units >>> (octave - 5)); } | {}',
    why: 'What follows computes the same bucket with floating-point numbers, more slowly.',
  },
  {
    key: 'src/pool/state/claim-and-slot.ts | return -1; | 7 | -1 | +1',
    why: 'Only the claims of a stream are asked for it, and these have a getter of their own.',
  },
  {
    key: 'src/pool/time/coarse-clock.ts | this.turns++; | 0 | this.turns++ | this.turns--',
    why: 'It is only compared with an earlier value: that it differs is what counts.',
  },
  {
    key: 'src/operators/internal/batch-result.ts | return depth === null || depth < 1 || depth > 2 ? this : inspect({ ...this }, { ...options, depth: 3 }); | 7 | depth === null | false',
    why: '`null < 1` is true.',
  },
  {
    key: "src/pool/values/suggestion.ts | if (written.length > 2 * Math.max(...words.map((word) => word.length))) return ''; | 4 | written.length > 2 * Math.max(...words.map((word) => word.length)) | false",
    why: 'It spares a text that is far longer than every word the computation of its distances, which are too large to suggest one.',
  },
  {
    key: "src/pool/values/disposal.ts | export const asyncDisposeSymbol: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose'); | 96 | 'Symbol.asyncDispose' | \"\"",
    why: 'The specs run on a Node that has the symbol.',
  },
  {
    key: "src/pool/core/leases.ts | if (slot.state === 'open') this.revoke(slot, 'destroy', closedByDestroy(this.name)); | 45 | 'destroy' | \"\"",
    why: 'The call of destroy has marked every open connection before, and the first reason stays.',
  },
];
