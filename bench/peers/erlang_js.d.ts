declare module 'erlang_js' {
  interface Codec {
    binary_to_term(bytes: Uint8Array, callback: (error: unknown, term: unknown) => void): void;
    term_to_binary(term: unknown, callback: (error: unknown, bytes: unknown) => void): void;
  }
  const module: { readonly Erlang: Codec };
  export default module;
}
