import type { PoolEvent } from '../../pool/reports/events';
import { describeValue } from '../../pool/values/describe';
import { time } from '../../diagnosis/words';
import type { EventRow } from '../frames';
import { causeOf, stackOf, textOf } from '../../diagnosis/texts';

/** Rows that a frame keeps: of what happens with every lease, and of the rest. */
const mostCommon = 12;
const mostOther = 40;

/** The events of a period as text, up to a maximum. */
export class EventRows {
  private rows: EventRow[] = [];
  private common = 0;
  private begin: number;

  constructor(now: number) {
    this.begin = now;
  }

  add(event: PoolEvent): void {
    const isCommon = event.type === 'acquired' || event.type === 'released';
    if (isCommon ? this.common >= mostCommon : this.rows.length - this.common >= mostOther) return;
    if (isCommon) this.common++;
    const connection = 'connection' in event ? event.connection : 0;
    const label = 'label' in event ? textOf(event.label) : '';
    this.rows.push([Math.max(0, Math.round(event.at - this.begin)), event.type, connection, label, textIn(event)]);
  }

  cut(now: number): EventRow[] {
    const { rows } = this;
    this.rows = [];
    this.common = 0;
    this.begin = now;
    return rows;
  }
}

function textIn(event: PoolEvent): string {
  switch (event.type) {
    case 'opened':
      return `connect took ${time(event.took)}`;
    case 'openFailed':
      return `${causeOf(event.error)} (${event.attempts} in a row)`;
    case 'acquired':
      return event.waited === 0 ? 'served at once' : `waited ${time(event.waited)}`;
    case 'released':
      return `held ${time(event.held)}`;
    case 'discarded':
      return `held ${time(event.held)}${after(causeOf(event.reason))}`;
    case 'evicted':
      return `${event.reason} after ${event.uses} leases, ${time(event.age)} old${after(causeOf(event.error))}`;
    case 'notice':
      return noticeText(event.notice);
    case 'closed':
      return `close took ${time(event.took)}${after(causeOf(event.error))}`;
    case 'timedOut':
      return `waited ${time(event.waited)}: ${causeOf(event.error)}`;
    case 'rejected':
      return causeOf(event.error);
    case 'cancelled':
      return `left the queue after ${time(event.waited)}`;
    case 'breaker':
      return `${event.state}${after(causeOf(event.error))}`;
    case 'leaked':
      return `${event.collected ? 'forgotten' : 'held'} for ${time(event.held)}${after(stackOf(event.stack))}`;
    case 'resized':
      return `max ${event.from} to ${event.to}`;
    case 'refreshed':
      return `${event.connections} connections are replaced`;
    case 'destroyed':
      return 'everything is closed';
    default:
      return '';
  }
}

/** A notice of any kind: its text, or the name of what has happened. */
const noticeText = (notice: unknown): string => {
  const { type = notice } = Object(notice) as { type?: unknown };
  return textOf(typeof type === 'string' ? type : describeValue(notice));
};

const after = (text: string): string => (text === '' ? '' : `: ${text}`);
