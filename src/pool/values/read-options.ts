/**
 * The options of an object as a plain one, each read once: what is checked is what is used. Beside its own these are those that it inherits,
 * as from defaults, and those that a class has as getters: whatever else is read by name must not be passed over when it is checked.
 */
export function readOptions(given: object, known: readonly string[]): Record<string, unknown> {
  // Without a prototype, so that an option is nothing but what was given.
  const options = Object.create(null) as Record<string, unknown>;
  const values = given as Record<string, unknown>;
  for (const name of namesOf(given)) options[name] = values[name];
  for (const name of known) if (!(name in options) && name in given) options[name] = values[name];
  return options;
}

function namesOf(given: object): Iterable<string> {
  if (isPlain(Object.getPrototypeOf(given) as object | null)) return Object.keys(given);
  const names = new Set<string>();
  let owner: object | null = given;
  while (!isPlain(owner)) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(owner!))) {
      const isGetter = property.get !== undefined && owner !== given;
      if ((property.enumerable === true || isGetter) && name !== '__proto__') names.add(name);
    }
    owner = Object.getPrototypeOf(owner) as object | null;
  }
  return names;
}

/** What an object inherits from that has nothing to do with options. */
const isPlain = (prototype: object | null): boolean =>
  prototype === null || prototype === Object.prototype || prototype === Function.prototype;
