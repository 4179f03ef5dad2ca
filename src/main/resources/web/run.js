// A running export: its progress, and at the end the balance.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, path, remove } from './api.js';
import { Balance } from './balance.js';
import { DeadLetters } from './dead-letters.js';
import { FailedObjects, Log } from './log.js';
import { duration, number, plural, retries } from './format.js';
import { Problem, h } from './ui.js';
import { useTask } from './work.js';

const INTERVAL = 400;
const TITLES = { running: 'Exporting', succeeded: 'Exported', failed: 'The export failed', cancelled: 'Stopped' };

/** @param onEnd called once the export no longer runs or is no longer known */
export function RunProgress({ id, onEnd, onClose }) {
  const [state, setState] = useState({});
  const root = useRef(null);
  const stop = useTask(() => remove(path('runs', id)));
  const [turn, setTurn] = useState(0);
  const again = () => setTurn((number) => number + 1);
  useEffect(() => {
    let timer;
    let gone = false;
    const look = async () => {
      try {
        const run = await get(path('runs', id));
        if (!gone) {
          setState({ run });
        }
        if (run.state !== 'running') {
          onEnd();
          return;
        }
      } catch (error) {
        if (!gone) {
          setState((before) => ({ ...before, error }));
        }
        if (error.status === 404) {
          // The connector was restarted.
          onEnd();
          onClose();
          return;
        }
      }
      timer = gone ? undefined : setTimeout(look, INTERVAL);
    };
    look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [id, turn]);

  const { run, error } = state;
  useEffect(() => root.current?.scrollIntoView({ block: 'nearest' }), [run?.state]);
  if (!run) {
    return h('div', { class: 'run', ref: root }, error ? h(Problem, { error }) : h('p', { role: 'status' }, 'Starting…'));
  }
  const running = run.state === 'running';
  const triedAgain = retries(run.retries);
  return h('div', { ref: root, class: `run ${run.state}`, 'data-state': run.state, role: 'status', 'aria-label': 'Export' },
    h('div', { class: 'bar-line' },
      h('strong', null, TITLES[run.state] ?? run.state),
      h('span', { class: 'aside' }, `${run.tenant_id} / ${run.dataset_id} → ${run.destination}`),
      running && h('progress', { max: run.objects_total || 1, value: run.objects_done, 'aria-label': 'Objects' }),
      h('span', null, `${number(run.objects_done)} of ${number(run.objects_total)} objects, ${number(run.accepted)} records accepted`
        + (running ? `, ${number(Math.round(run.records_per_second ?? 0))} per second` : `, ${took(run)}`)),
      h('span', { class: 'space' }),
      running ? h('button', { type: 'button', disabled: stop.busy || Boolean(stop.value), onClick: stop.run, title: 'Batches in flight will finish' }, stop.value ? 'Stopping…' : 'Stop')
        : h('button', { type: 'button', class: 'quiet', onClick: onClose }, 'Close')),
    running && stop.value && h('p', { class: 'note' }, 'It stops when the batches in flight are answered, or their time limit is over.'),
    running && triedAgain && h('p', { class: 'note' }, `Batches are being retried (${triedAgain}). The log has the details.`),
    !running && h(Balance, { counts: run }),
    run.message && run.state !== 'succeeded' && h('p', { class: run.state === 'failed' ? 'bad' : 'note' }, run.message),
    h(FailedObjects, { objects: run.failed_objects }),
    !running && run.dead_letters_folder && h('details', null,
      h('summary', null, plural(run.dead_lettered, 'dead letter')),
      h('p', { class: 'note' }, 'They are in ', h('code', null, run.dead_letters_folder)),
      h(DeadLetters, { address: path('runs', id), count: run.dead_lettered, query: run, reload: again })),
    h(Log, { address: path('runs', id), version: `${run.state} ${run.objects_done}` }),
    error && h(Problem, { error }));
}

const took = (run) => (run.finished_at ? duration((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000) : '');
