import type { Call } from './calls';
import type { TermWriter } from './terms/term-writer';
import type { LocalNode } from './wire/local-node';

/** The calls that have ended, whose processes are still monitored: a list made of the calls themselves. */
export class EndedCalls {
  private first: Call | null = null;

  get isEmpty(): boolean {
    return this.first === null;
  }

  add(call: Call): void {
    call.nextEnded = this.first;
    this.first = call;
  }

  /** Takes a list out that was taken in. */
  addAll(list: Call | null): void {
    for (let call = list; call !== null;) {
      const next = call.nextEnded;
      this.add(call);
      call = next;
    }
  }

  /** Writes that none of their processes need be monitored any more. Returns them. */
  write(writer: TermWriter, local: LocalNode): Call | null {
    const { first } = this;
    for (let call = first; call !== null; call = call.nextEnded) local.demonitor(writer, call.request.to, call.id);
    this.first = null;
    return first;
  }
}
