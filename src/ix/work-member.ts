import type { ItemWork } from '../operators/connection-task';
import { Member } from '../operators/member';
import type { BatchRules, MemberOwner } from '../operators/member';
import type { Job, WorkContext } from '../pool/work';
import { WorkRun } from '../pool/work-run';

/** A member of a batch that is its own task: what a batch right behind `withConnection` runs, with no Observable in it. */
export class WorkMember<R> extends Member<R> implements Job<unknown> {
  constructor(
    owner: MemberOwner<R>,
    rules: BatchRules<R>,
    position: number,
    index: number,
    item: unknown,
    private readonly each: ItemWork<unknown, unknown>,
  ) {
    super(owner, rules, position, index, item);
  }

  invoke(connection: unknown, context: WorkContext): unknown {
    return this.each.work(connection, this.item, this.index, context);
  }

  begin(): void {
    const { pool, acquireTimeout } = this.each;
    const run = new WorkRun<unknown, R>(pool.core, pool.runs, this, this);
    this.handle = run;
    pool.core.ask(run, acquireTimeout);
  }
}
