import { floatText, TermValue, type TermText } from './term-value';
import type { TermSink } from './term-sink';
import { describeValue } from '../../../pool/values/describe';

/**
 * A float whose value is an integer, such as `1.0`: as a number of JavaScript it would be sent as the integer. Other floats are numbers. It
 * can be used in arithmetic as it is.
 */
export class Float extends TermValue {
  /** @internal */
  constructor(readonly value: number) {
    super();
  }

  override valueOf(): number {
    return this.value;
  }

  toJSON(): number {
    return this.value;
  }

  /** @internal */
  override writeTo(writer: TermSink): void {
    writer.float(this.value);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write(floatText(this.value));
  }
}

/**
 * A number that is sent as a float, though it may be an integer. Throws a `TypeError` for NaN and the infinities, which Erlang does not have.
 *
 * @example
 * node.call('thermostat', tuple(atom('set'), float(20)));
 */
export function float(value: number): Float {
  if (!Number.isFinite(value)) {
    throw new TypeError(`A float of Erlang must be a finite number, but got ${describeValue(value)}`);
  }
  return new Float(value);
}
