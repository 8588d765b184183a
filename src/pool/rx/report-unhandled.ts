import { throwError } from 'rxjs';

/** Reports an error as RxJS reports unhandled ones: in a later task, to `config.onUnhandledError`, or by throwing it there. */
export function reportUnhandled(error: unknown): void {
  throwError(() => error).subscribe();
}
