import { unknownOption } from './unknown-option';

/** Says what is wrong with the value of an option, in one sentence or several; null if nothing is. */
export type OptionCheck = (value: unknown, name: string) => string | readonly string[] | null;

/**
 * Everything that is wrong with options: those without a check do not exist. An option that is undefined is not given, unless it is `required`.
 * `prefix`: what comes before the names in a message, such as `breaker.`.
 */
export function optionIssues(
  given: object,
  checks: Readonly<Record<string, OptionCheck>>,
  prefix = '',
  required: readonly string[] = [],
): string[] {
  const issues: string[] = [];
  const names = Object.keys(given);
  for (const name of required.length === 0 ? names : new Set([...required, ...names])) {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) issues.push(unknownOption(name, Object.keys(checks), prefix));
    else if (value !== undefined || required.includes(name)) {
      issues.push(...[check(value, `${prefix}${name}`) ?? []].flat());
    }
  }
  return issues;
}
