import { useRef, useState } from 'preact/hooks';
import { clock } from './format';
import { Choice } from './panel';
import type { Store, View } from './store';

const statusTexts = { connecting: 'connecting …', open: 'live', stale: 'lost – trying again …', closed: 'ended' };

export function Toolbar({ store, view }: { readonly store: Store; readonly view: View }) {
  const file = useRef<HTMLInputElement>(null);
  const [note, setNote] = useState('');
  const { state, pool, frame, isPaused, isFile, status, span } = view;
  const frames = state.pools[pool]?.frames ?? [];
  const shown = frames[frame];
  const first = frames[0];
  const isLive = state.source === 'pools' && !isFile;

  const tell = (text: string): void => {
    setNote(text);
    setTimeout(() => setNote(''), 3_000);
  };
  const copy = async (): Promise<void> => {
    const text = JSON.stringify({ pool: state.pools[pool]?.name, ...shown }, null, 2);
    try {
      await navigator.clipboard.writeText(text);
      tell('Copied.');
    } catch {
      tell('The browser does not let the page write to the clipboard.');
    }
  };
  const save = async (): Promise<void> => {
    let text = JSON.stringify(state);
    // A recording of the server also has the load of the pools, which what-if questions need.
    if (isLive && !isPaused) {
      const response = await fetch(`${store.base}snapshot`).catch(() => null);
      if (response?.ok) text = await response.text();
    }
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    link.download = `pools-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    tell('Saved.');
  };
  const open = async (list: FileList | null): Promise<void> => {
    const [picked] = list ?? [];
    if (picked !== undefined) store.open(await picked.text(), picked.name);
    if (file.current) file.current.value = '';
  };

  return (
    <header class="toolbar">
      <h1>{state.title === '' ? 'Connection pools' : state.title}</h1>
      <p class={`status ${isFile || state.source !== 'pools' ? 'file' : status}`} role="status">
        {isFile || state.source !== 'pools'
          ? state.source === 'pools'
            ? 'recording'
            : state.source
          : statusTexts[status]}
        {status === 'stale' && !isFile && shown && <span> (as of {clock(shown.at)})</span>}
      </p>
      <div class="time">
        {isPaused || isFile ? (
          <button type="button" onClick={() => store.resume()}>
            {isFile ? 'Back to live' : 'Go on'}
          </button>
        ) : (
          isLive && (
            <button type="button" onClick={() => store.pause()} aria-keyshortcuts="p">
              Pause
            </button>
          )
        )}
        <label class="scrub">
          <span class="hidden">Moment</span>
          <input
            type="range"
            min={0}
            max={Math.max(0, frames.length - 1)}
            value={frame}
            aria-valuetext={shown ? clock(shown.at) : ''}
            onInput={(event) => {
              const picked = frames[Number(event.currentTarget.value)];
              if (picked) store.goTo(picked.at);
            }}
          />
        </label>
        <output>
          {shown ? clock(shown.at) : ''}
          {isPaused ? ' (paused)' : ''}
        </output>
        {first && isPaused && <span class="dim">since {clock(first.at)}</span>}
      </div>
      <div class="actions">
        <Choice
          name="span"
          legend="Time shown"
          options={[
            [30_000, '30 s'],
            [120_000, '2 min'],
            [600_000, '10 min'],
          ]}
          value={span}
          onChange={(value) => store.setSpan(value)}
        />
        <button type="button" onClick={() => void copy()}>
          Copy moment
        </button>
        <button type="button" onClick={() => void save()}>
          Save
        </button>
        <button type="button" onClick={() => file.current?.click()}>
          Open
        </button>
        <input
          ref={file}
          type="file"
          accept=".json,application/json"
          class="hidden"
          tabIndex={-1}
          aria-label="A recording or a report"
          onChange={(event) => void open(event.currentTarget.files)}
        />
        <span role="status" class="dim">
          {note}
        </span>
      </div>
    </header>
  );
}
