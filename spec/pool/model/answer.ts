/**
 * A promise that a spec settles explicitly. `stepped`: callbacks run inside the call that settles it, so that a history
 * has no turns but its own; otherwise it is a real promise.
 */
export interface Answer<T> {
  readonly promise: PromiseLike<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function answer<T>(stepped: boolean): Answer<T> {
  return stepped ? steppedAnswer() : realAnswer();
}

function realAnswer<T>(): Answer<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // The model checks whether a caller waits for it, not the process.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

function steppedAnswer<T>(): Answer<T> {
  type Told = (yes: (value: T) => unknown, no: (error: unknown) => unknown) => unknown;
  const waiting: ((told: Told) => void)[] = [];
  let settled: Told | null = null;
  const settle = (told: Told): void => {
    if (settled !== null) return;
    settled = told;
    for (const tell of waiting) tell(told);
  };
  const then = (
    yes: (value: T) => unknown = () => undefined,
    no: (error: unknown) => unknown = () => undefined,
  ): void => {
    const tell = (told: Told): void => void told(yes, no);
    if (settled === null) waiting.push(tell);
    // No promise calls back inside `then`.
    else void Promise.resolve(settled).then(tell);
  };
  return {
    promise: { then } as unknown as PromiseLike<T>,
    resolve: (value) => settle((yes) => yes(value)),
    reject: (error) => settle((_, no) => no(error)),
  };
}
