import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { whenMeasuring } from './timed';

/** In µs. */
const INTERVAL = 200;

/**
 * Records samples of the running function from the end of the warm-up on; returns a function that ends the recording and writes the file.
 */
export function recordTo(file: string): () => Promise<void> {
  const session = new Session();
  session.connect();
  let started: Promise<unknown> | undefined;
  let stopped: ReturnType<typeof stop> | undefined;
  const stop = () => session.post('Profiler.stop');
  whenMeasuring(
    () => {
      started = Promise.all([
        session.post('Profiler.enable'),
        session.post('Profiler.setSamplingInterval', { interval: INTERVAL }),
        session.post('Profiler.start'),
      ]);
    },
    () => {
      stopped = stop();
    },
  );
  return async () => {
    if (started === undefined) return;
    await started;
    const { profile } = await (stopped ?? stop());
    writeFileSync(file, JSON.stringify(profile));
  };
}
