/**
 * Copies the options of an object to a plain one. Each is read once, so that the checked value is the used value. Besides own properties it
 * reads inherited ones, as from an object of defaults, and getters of classes: every option that can be read by name must be checked.
 */
export function readOptions(given: object, known: readonly string[]): Record<string, unknown> {
  // Without a prototype, so that it contains given options only.
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

/** Whether it is a prototype that contains no options. */
const isPlain = (prototype: object | null): boolean =>
  prototype === null || prototype === Object.prototype || prototype === Function.prototype;
