import { describeValue } from '../../pool/values/describe';

/** The host part of a node's name: what is behind the @. */
export const hostOf = (name: string): string => name.slice(name.indexOf('@') + 1);

/** Adds the problems with the name of a node to `issues`. */
export function checkNodeName(what: string, name: unknown, issues: string[]): void {
  const problem = problemOf(name);
  if (problem === undefined) return;
  issues.push(
    `${what} must be the name of a node, such as 'worker@node.example.com', but ${describeValue(name)} ${problem}`,
  );
}

/** Whether this is the name of a node. */
export const isNodeName = (name: string): boolean => problemOf(name) === undefined;

function problemOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'is no string';
  const parts = name.split('@');
  if (parts.length !== 2) return parts.length < 2 ? 'has no @ in it' : 'has more than one @ in it';
  const [alive = '', host = ''] = parts;
  if (alive === '') return 'has no name before the @';
  if (host === '') return 'has no host behind the @';
  // The characters that Erlang allows in a name, without those that a host name cannot have.
  if (!/^[\p{L}\p{N}_-]+$/u.test(alive)) return 'has a letter before the @ that names of nodes do not have';
  if (!/^[\p{L}\p{N}_.:%-]+$/u.test(host)) return 'has a letter behind the @ that hosts do not have';
  return name.length > 255 ? 'is longer than 255 characters' : undefined;
}
