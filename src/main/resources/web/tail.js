// The newest events of a dataset as they come, until they are packed.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, parameters, path } from './api.js';
import { number } from './format.js';
import { Problem, h } from './ui.js';

const PAUSE = 1000;
const MOST = 500;

export function Tail({ tenant, dataset }) {
  const [paused, setPaused] = useState(false);
  const { events, skipped, error } = useTail(path('feeds', tenant, dataset, 'events'), paused);
  const list = useRef(null);
  useEffect(() => {
    list.current?.scrollTo(0, list.current.scrollHeight);
  }, [events]);
  return h('div', { class: 'tail' },
    h('div', { class: 'bar-line' }, h('h3', null, 'Newest events'), h('span', { class: 'space' }),
      h('button', { type: 'button', 'aria-pressed': paused, onClick: () => setPaused(!paused) }, paused ? 'Go on' : 'Pause')),
    h(Problem, { error }),
    events.length === 0 ? h('p', { class: 'note' }, paused ? 'Paused.' : 'Waiting for events. Those that are packed already are in the lake.')
      : h('ol', { ref: list, class: 'log', 'aria-label': 'The newest events', tabIndex: 0 }, events.map(({ key, text, cut }) =>
        h('li', { key }, h('code', null, text), cut && ' …'))),
    h('p', { class: 'note' }, `${paused ? 'Paused. ' : ''}The last ${number(MOST)} at most.${skipped ? ' Some are left out: more came than are shown here, or they were packed meanwhile.' : ''}`));
}

/** Asks again a second after each answer, unless nobody looks. */
function useTail(address, paused) {
  const [state, setState] = useState({ events: [], skipped: false });
  const after = useRef(undefined);
  const count = useRef(0);
  useEffect(() => {
    if (paused) {
      return undefined;
    }
    const abort = new AbortController();
    let timer;
    const ask = async () => {
      try {
        const answer = document.hidden ? undefined : await get(address + parameters({ after: after.current }), abort.signal);
        if (abort.signal.aborted) {
          return;
        }
        if (answer) {
          after.current = answer.after;
          const fresh = answer.events.map((event) => ({ ...event, key: count.current++ }));
          setState((before) => (fresh.length === 0 && !before.error ? before : {
            events: fresh.length === 0 ? before.events : [...before.events, ...fresh].slice(-MOST),
            skipped: before.skipped || answer.skipped,
          }));
        }
      } catch (error) {
        if (!abort.signal.aborted) {
          setState((before) => ({ ...before, error }));
        }
      }
      if (!abort.signal.aborted) {
        timer = setTimeout(ask, PAUSE);
      }
    };
    ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [address, paused]);
  return state;
}
