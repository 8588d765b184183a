import type { Receiver, Source } from './source';

/** As much of a ReadableStreamDefaultReader as is needed, wherever its type comes from. */
export interface Reader<T> {
  read(): Promise<{ readonly done: boolean; readonly value?: T | undefined }>;
  cancel(): Promise<void>;
  releaseLock(): void;
}

/** Draws from a web ReadableStream by a reader, which can cancel it while it is being read; its iterator cannot. */
export class ReaderSource<T> implements Source {
  private over = false;
  private late = 0;

  constructor(
    private readonly reader: Reader<T>,
    private readonly receiver: Receiver<T>,
  ) {}

  pull(): void {
    this.reader.read().then(this.answered, this.failed);
  }

  async stop(): Promise<number> {
    if (this.over) return this.late;
    this.over = true;
    try {
      await this.reader.cancel();
    } finally {
      this.reader.releaseLock();
    }
    return this.late;
  }

  private readonly answered = ({ done, value }: Awaited<ReturnType<Reader<T>['read']>>): void => {
    if (this.over) {
      if (!done) this.late++;
      return;
    }
    if (!done) {
      this.receiver.arrived(value as T);
      return;
    }
    this.end();
    this.receiver.ended();
  };

  private readonly failed = (error: unknown): void => {
    if (this.over) return;
    this.end();
    this.receiver.broke(error);
  };

  private end(): void {
    this.over = true;
    this.reader.releaseLock();
  }
}
