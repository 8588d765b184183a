import type { AtPick } from './actions';
import type { World } from './world';

interface Pick {
  /** The candidates at present. */
  readonly among: (world: World) => readonly number[];
  readonly does: (world: World, id: number) => void;
}

const pick = (among: Pick['among'], does: Pick['does']): Pick => ({ among, does });

const whoCanLeave: Pick['among'] = ({ model }) =>
  model.callers.filter(({ left, asking, phase }) => !left && !(asking && phase === 'waiting')).map(({ id }) => id);
const leases: Pick['among'] = ({ model }) =>
  model.leases.filter(({ caller }) => caller.kind !== 'use').map(({ id }) => id);
const endedLeases: Pick['among'] = ({ callers }) => callers.stale;
const working: Pick['among'] = ({ callers }) => callers.working;
const cleaning: Pick['among'] = ({ callers }) => callers.cleaning;
const awaited: Pick['among'] = ({ target }) => target.awaited;
const unwanted: Pick['among'] = ({ target }) => target.unwanted;
const opened: Pick['among'] = ({ target }) => target.opened;
const closing: Pick['among'] = ({ target }) => target.closing;
const unanswered: Pick['among'] = ({ checks }) => checks.unanswered;
/** Only for connectors that return an Observable. */
const observed =
  (among: Pick['among']): Pick['among'] =>
  (world) =>
    world.model.options.connector === 'observable' ? among(world) : [];

/** Every action on one of several candidates: the candidates, and the action. */
export const picks: Record<AtPick, Pick> = {
  leave: pick(whoCanLeave, ({ callers }, id) => callers.leave(id)),
  release: pick(leases, ({ callers }, id) => callers.giveBack(id, 'release')),
  discard: pick(leases, ({ callers }, id) => callers.giveBack(id, 'discard')),
  'release again': pick(endedLeases, ({ callers }, id) => callers.giveBack(id, 'release')),
  'discard again': pick(endedLeases, ({ callers }, id) => callers.giveBack(id, 'discard')),
  emit: pick(
    ({ callers }) => callers.emitting,
    ({ callers }, id) => callers.emit(id),
  ),
  finish: pick(working, ({ callers }, id) => callers.finish(id, true)),
  fail: pick(working, ({ callers }, id) => callers.finish(id, false)),
  'fail fatally': pick(working, ({ callers }, id) => callers.finish(id, false, true)),
  'finish clean': pick(cleaning, ({ callers }, id) => callers.finishClean(id, true)),
  'fail clean': pick(cleaning, ({ callers }, id) => callers.finishClean(id, false)),

  open: pick(awaited, ({ target }, id) => target.open(id)),
  refuse: pick(awaited, ({ target }, id) => target.refuse(id, 'error')),
  end: pick(observed(awaited), ({ target }, id) => target.refuse(id, 'complete')),
  'open late': pick(unwanted, ({ target }, id) => target.open(id)),
  'refuse late': pick(unwanted, ({ target }, id) => target.refuse(id, 'error')),
  lose: pick(opened, ({ target }, id) => target.lose(id, 'complete')),
  break: pick(opened, ({ target }, id) => target.lose(id, 'error')),
  'emit more': pick(observed(opened), ({ target }, id) => target.emitMore(id)),
  'finish close': pick(closing, ({ target }, id) => target.finishClose(id, 'complete')),
  'fail close': pick(closing, ({ target }, id) => target.finishClose(id, 'error')),

  'finish check': pick(unanswered, ({ checks }, id) => checks.answer(id, 'yes')),
  'refuse check': pick(unanswered, ({ checks }, id) => checks.answer(id, 'no')),
  'fail check': pick(unanswered, ({ checks }, id) => checks.answer(id, 'error')),

  unwatch: pick(
    ({ watchers }) => watchers.ids,
    ({ watchers }, id) => watchers.unwatch(id),
  ),
};
