export { Atom, atom } from './atom';
export { decodeTerm } from './decode';
export { encodeTerm } from './encode';
export { fromTerm, type FromTermOptions } from './from-term';
export { ExportedFunction, Fun, Pid, Port, Reference } from './identifiers';
export { TermRefusal, type TermLimits } from './limits';
export type { Sendable, Term } from './term';
export { BitString, Float, float, ImproperList, TermMap, termMap, Tuple, tuple } from './term';
