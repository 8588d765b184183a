import { useState } from 'preact/hooks';
import type { EventRow, Frame } from '../frames';
import { clock, time } from './format';
import { Panel } from './panel';
import { Text } from './text';

export function Holders({ frame }: { readonly frame: Frame }) {
  const { holders, moreHolders } = frame;
  return (
    <Panel
      title="Holders"
      id="holders"
      when="Act when the first has held for much longer than the use times say. With leakThreshold its stack is here."
    >
      {holders.length === 0 ? (
        <p class="blank">No connection is lent.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Holders">
          <table>
            <thead>
              <tr>
                <th scope="col">Held</th>
                <th scope="col">Label</th>
                <th scope="col">Connection</th>
              </tr>
            </thead>
            <tbody>
              {holders.map(({ connection, label, age, stack }, index) => (
                <tr key={`${connection} ${index}`}>
                  <td>{time(age)}</td>
                  <td>
                    {label === '' ? <span class="dim">no label</span> : <bdi>{label}</bdi>}
                    {stack !== '' && (
                      <details>
                        <summary>stack</summary>
                        <pre>{stack}</pre>
                      </details>
                    )}
                  </td>
                  <td>{connection}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {moreHolders > 0 && <p class="dim">and {moreHolders} more</p>}
        </div>
      )}
    </Panel>
  );
}

const mostRows = 200;
/** Of all leases: shown only after a click. */
const common = new Set(['acquired', 'released']);

export function Events({ frames }: { readonly frames: readonly Frame[] }) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(common);
  const all = frames.flatMap((frame) => frame.events.map((row) => [frame.at - frame.length + row[0], row] as const));
  const types = [...new Set(all.map(([, row]) => row[1]))].sort();
  const shown = all
    .filter(([, row]) => !hidden.has(row[1]))
    .slice(-mostRows)
    .reverse();
  const toggle = (type: string): void => {
    const next = new Set(hidden);
    if (!next.delete(type)) next.add(type);
    setHidden(next);
  };
  return (
    <Panel
      title="Events"
      id="events"
      when="Act on leaked, openFailed, breaker, timedOut and rejected; the text says why. Filter by type."
    >
      <fieldset class="filters">
        <legend>Types</legend>
        {types.map((type) => (
          <label key={type}>
            <input type="checkbox" checked={!hidden.has(type)} onChange={() => toggle(type)} />
            {type}
          </label>
        ))}
      </fieldset>
      {shown.length === 0 ? (
        <p class="blank">Nothing of these types has happened.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="log" aria-live="off" aria-label="Events">
          <table>
            <thead>
              <tr>
                <th scope="col">At</th>
                <th scope="col">Type</th>
                <th scope="col" aria-label="Connection">
                  #
                </th>
                <th scope="col">What</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(([at, row], index) => (
                <Row key={`${at} ${index}`} at={at} row={row} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Row({ at, row: [, type, connection, label, text] }: { readonly at: number; readonly row: EventRow }) {
  return (
    <tr>
      <td>{clock(at)}</td>
      <td class={`type type-${type}`}>{type}</td>
      <td>{connection === 0 ? '' : connection}</td>
      <td>
        {label !== '' && (
          <>
            <b>
              <bdi>{label}</bdi>
            </b>{' '}
          </>
        )}
        <Text>{text}</Text>
      </td>
    </tr>
  );
}
