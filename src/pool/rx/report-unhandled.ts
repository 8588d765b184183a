import { throwError } from 'rxjs';

/** As RxJS does with an error that nothing handles: later, to `config.onUnhandledError`, or thrown where nothing else runs. */
export function reportUnhandled(error: unknown): void {
  throwError(() => error).subscribe();
}
