/** The frame of a stack, with its file. */
const frameOf = /^\s*at (?:.*\()?(?:file:\/\/)?([^()]+?):\d+:\d+\)?$/;

/** The folder of this package, by a stack of its own; undefined where it is bundled with what calls it. */
const ownFolder = ((): string | undefined => {
  const file = framesOf(new Error('here').stack)[0]?.file;
  return file === undefined ? undefined : /^.*[/\\](?:src|dist)[/\\]/.exec(file)?.[0];
})();

interface Frame {
  readonly line: string;
  readonly file: string;
}

function framesOf(stack: string | undefined): Frame[] {
  return (stack ?? '').split('\n').flatMap((line) => {
    const file = frameOf.exec(line)?.[1];
    return file === undefined ? [] : [{ line: line.trim(), file }];
  });
}

/** The frames of a stack that are neither of this package, nor of RxJS, nor of Node: where the user's code called. */
export function usersFrames(stack: string | undefined): string[] {
  return framesOf(stack)
    .filter(({ file }) => !/[/\\]node_modules[/\\]|^node:/.test(file) && !(ownFolder && file.startsWith(ownFolder)))
    .map(({ line }) => line);
}

/** The stack of the call, without the frames of this package. */
export function callSite(): readonly string[] {
  const kind = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = kind;
  kind.stackTraceLimit = 30;
  const { stack } = new Error('here');
  if (stackTraceLimit === undefined) delete kind.stackTraceLimit;
  else kind.stackTraceLimit = stackTraceLimit;
  return usersFrames(stack);
}

/** An error whose stack begins where the user's code made the expectation, so that a test runner points there. */
export function errorAt(message: string, site: readonly string[]): Error {
  const error = new Error(message);
  if (site.length > 0) error.stack = `Error: ${message}\n${site.map((frame) => `    ${frame}`).join('\n')}`;
  return error;
}
