import type { Io } from './io';

/** In ms: any. Waiting for a signal alone does not keep a process alive. */
const long = 3_600_000;

/** Resolves at the first signal, or when it is stopped; until then the process stays. */
export function untilSignal({ signals$ }: Io) {
  let stop = (): void => undefined;
  const came = new Promise<void>((resolve) => {
    const staying = setInterval(() => undefined, long);
    const listening = signals$.subscribe(() => stop());
    stop = () => {
      clearInterval(staying);
      listening.unsubscribe();
      resolve();
    };
  });
  return { came, stop: (): void => stop() };
}
