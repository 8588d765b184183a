import { render } from 'preact';
import { useEffect, useMemo, useReducer } from 'preact/hooks';
import type { Frame } from '../frames';
import { Flow } from './flow';
import { Events, Holders } from './holders';
import { Lanes } from './lanes';
import { Overview } from './overview';
import { windowOf } from '../series';
import { Store } from './store';
import { Numbers, Run, Sentence } from './summary';
import { Toolbar } from './toolbar';
import { Waits } from './waits';
import { WhatIf } from './what-if';

const store = new Store();

/** A pool that was watched for a short time shows that time only: the rest would be empty. */
function spanOf(frames: readonly Frame[], span: number): number {
  const [first] = frames;
  const last = frames.at(-1);
  return first === undefined || last === undefined ? span : Math.min(span, last.at - first.at + first.length);
}

function App() {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  useEffect(() => store.subscribe(() => redraw(undefined)), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLInputElement && event.target.type !== 'range';
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      const view = store.view();
      if (view === null) return;
      if (event.key === 'p') {
        if (view.isPaused) store.resume();
        else store.pause();
      } else if (event.key === ']' || event.key === '[') {
        const count = view.state.pools.length;
        store.select((view.pool + (event.key === ']' ? 1 : count - 1)) % count);
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  const view = store.view();
  const pool = view?.state.pools[view.pool];
  const last = pool?.frames[view?.frame ?? -1];
  const frames = useMemo(
    () => (pool === undefined || view === null ? [] : windowOf(pool.frames, view.frame, view.span)),
    [pool, last, view?.span, view?.state],
  );
  if (view === null) {
    const { problemOnly, connection } = store;
    return (
      <p class="blank" role="status">
        {problemOnly || (connection === 'closed' ? 'Ended.' : 'Connecting …')}
      </p>
    );
  }
  const { state } = view;
  // A report knows neither single leases nor events.
  const isRun = state.source === 'stress' || state.source === 'simulation';
  return (
    <>
      <a class="skip" href="#main">
        To the state of the pool
      </a>
      <Toolbar store={store} view={view} />
      {view.problem !== '' && (
        <p class="problem" role="alert">
          {view.problem}
        </p>
      )}
      <main id="main" class={view.status === 'stale' && !view.isFile && state.source === 'pools' ? 'lost' : ''}>
        {state.pools.length > 1 && (
          <Overview pools={state.pools} selected={view.pool} at={view.at} onSelect={(index) => store.select(index)} />
        )}
        {pool === undefined || last === undefined ? (
          <p class="blank">The first period has not ended yet.</p>
        ) : (
          <>
            {(state.pools.length === 1 || isRun) && <Sentence frame={last} name={pool.name} />}
            {state.pools.length > 1 && <h2 class="pool-title">{pool.name}</h2>}
            {last.run && <Run run={last.run} withVerdict={!isRun} />}
            <Numbers frames={frames} />
            <Lanes frames={frames} span={spanOf(frames, view.span)} isRun={isRun} />
            <div class={isRun ? '' : 'two'}>
              <Waits frames={frames} isRun={isRun} />
              {!isRun && <Holders frame={last} />}
            </div>
            <Flow frames={frames} isRun={isRun} />
            {!isRun && (
              <>
                <WhatIf base={store.base} pool={view.pool} max={last.stats.maxConnections} isKnown={!view.isFile} />
                <Events frames={frames} />
              </>
            )}
          </>
        )}
      </main>
      <footer>
        <p>
          Keys: <kbd>p</kbd> pause, <kbd>[</kbd> and <kbd>]</kbd> another pool, <kbd>Tab</kbd> everything else. What is
          shown is read-only.
        </p>
      </footer>
    </>
  );
}

const root = document.getElementById('app')!;
root.textContent = '';
store.connect();
render(<App />, root);
