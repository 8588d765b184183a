import { directions } from './format';

/** A sentence with names of users in it. */
export function Text({ children }: { readonly children: string }) {
  return <>{directions(children).map((piece, index) => (index % 2 === 1 ? <bdi key={index}>{piece}</bdi> : piece))}</>;
}
