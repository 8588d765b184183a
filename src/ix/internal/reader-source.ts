import type { Receiver, Source } from './source';

/** The used part of a ReadableStreamDefaultReader, independent of the library of types that declares it. */
export interface Reader<T> {
  read(): Promise<{ readonly done: boolean; readonly value?: T | undefined }>;
  cancel(): Promise<void>;
  releaseLock(): void;
}

/** Draws from a web ReadableStream by a reader, which can cancel it while it is being read; its iterator cannot. */
export class ReaderSource<T> implements Source {
  private done = false;
  private lateCount = 0;

  constructor(
    private readonly reader: Reader<T>,
    private readonly receiver: Receiver<T>,
  ) {}

  pull(): void {
    this.reader.read().then(this.onResult, this.onError);
  }

  async stop(): Promise<number> {
    if (this.done) return this.lateCount;
    this.done = true;
    try {
      await this.reader.cancel();
    } finally {
      this.reader.releaseLock();
    }
    return this.lateCount;
  }

  private readonly onResult = ({ done, value }: Awaited<ReturnType<Reader<T>['read']>>): void => {
    if (this.done) {
      if (!done) this.lateCount++;
      return;
    }
    if (!done) {
      this.receiver.next(value as T);
      return;
    }
    this.finish();
    this.receiver.complete();
  };

  private readonly onError = (error: unknown): void => {
    if (this.done) return;
    this.finish();
    this.receiver.error(error);
  };

  private finish(): void {
    this.done = true;
    this.reader.releaseLock();
  }
}
