import type { ComponentChildren } from 'preact';

interface PanelProps {
  readonly title: string;
  readonly id: string;
  /** In which case an operator should act. */
  readonly when: string;
  readonly extra?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A part of the page that answers one question. */
export function Panel({ title, id, when, extra, children }: PanelProps) {
  return (
    <section class="panel" id={id} aria-labelledby={`${id}-title`}>
      <div class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {extra}
      </div>
      <p class="when">{when}</p>
      {children}
    </section>
  );
}

interface ChoiceProps<T extends string | number> {
  readonly name: string;
  readonly legend: string;
  readonly options: readonly (readonly [T, string])[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** A choice among several values: radio buttons that look like a switch. */
export function Choice<T extends string | number>({ name, legend, options, value, onChange }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {options.map(([each, text]) => (
        <label key={each}>
          <input type="radio" name={name} checked={each === value} onChange={() => onChange(each)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
