// Mutants that change nothing a caller could see, each with the reason. They are not counted.
// `key` is what `npm run mutation` prints for a mutant that no spec has noticed.
export const equivalent = [];
