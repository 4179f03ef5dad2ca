// Changes an export: pause, run, edit, delete. Its file is the truth; the page shows the diff before it writes.
import { useEffect, useState } from 'preact/hooks';
import { get, path, post } from './api.js';
import { Confirm } from './confirm.js';
import { Diff } from './diff.js';
import { Problem, h } from './ui.js';
import { useLoad, useSettled, useTask } from './work.js';

const FIELDS = [
  ['intervalSeconds', 'interval-seconds', 'pause between two runs'],
  ['batchSize', 'batch-size', 'records delivered together'],
];

const SYNCS = ['auto', 'incremental', 'full'];

export function Manage({ entry, reload, go }) {
  // All datasets of an export share one file.
  const [name] = entry.name.split('@');
  const address = path('exports', name);
  const [editing, setEditing] = useState(false);
  // What a person has typed stays when the file is read again.
  const [typed, setTyped] = useState({});
  // The next state of the export shows a change by hand, but not while a person is editing.
  const file = useLoad((signal) => get(`${address}/file`, signal), [address, editing || entry], { keep: true });
  const seen = file.value;
  const changed = (work) => async (...input) => {
    const answer = await work(...input);
    file.reload();
    reload();
    return answer;
  };
  // Pausing applies to the file as it is now, not as this page last saw it.
  const write = useTask(changed(async (changes, newest = false) => {
    const { version } = newest ? await get(`${address}/file`) : seen;
    return post(`${address}/file`, { version, changes });
  }));
  const run = useTask(changed(() => post(`${path('exports', entry.name, entry.destination)}/run`, {})));
  const remove = useTask(async () => {
    await post(`${address}/remove`, { version: seen.version, confirm: name });
    reload();
    go({ view: 'exports' });
  });
  if (!seen) {
    return file.error ? h('p', { class: 'note' }, file.error.message) : null;
  }
  const paused = seen.parameters.enabled === 'false';
  const fixed = Boolean(seen.read_only) || write.busy || remove.busy;
  const failure = write.error ?? run.error ?? remove.error;
  const lookAgain = () => [write, run, remove, file].forEach((one) => (one.clear ?? one.reload)());
  const edit = (open) => {
    setTyped({});
    setEditing(open);
  };
  return h('div', { class: 'manage' },
    h('div', { class: 'bar-line' },
      h('button', { type: 'button', disabled: fixed, onClick: () => write.run({ enabled: String(paused) }, true) }, paused ? 'Resume' : 'Pause'),
      h('button', { type: 'button', disabled: paused || run.busy || entry.state === 'running', title: paused ? 'Resume it first' : undefined, onClick: run.run }, 'Run now'),
      h('button', { type: 'button', disabled: fixed, 'aria-expanded': editing, onClick: () => edit(!editing) }, 'Edit…'),
      h(Confirm, { label: 'Delete…', title: `Delete the export ${name}?`, text: `This removes ${seen.file}. Its cursor and its dead letters stay: an export with the same name continues from there.`, typed: name, action: 'Delete', task: remove, disabled: fixed })),
    seen.read_only && h('p', { class: 'note' }, `${seen.file} cannot be changed here: ${seen.read_only}.`),
    failure && h(Problem, { error: failure, retry: failure.status === 409 ? lookAgain : undefined }),
    write.value && h('p', { class: 'verdict good', role: 'status' }, `Written: ${seen.file}. A process that runs the exports picks it up within seconds.`),
    editing && h(Edit, { address, seen, reading: file.loading, write, given: typed, setGiven: setTyped, lookAgain, onClose: () => edit(false) }));
}

function Edit({ address, seen, reading, write, given, setGiven, lookAgain, onClose }) {
  const typed = { ...seen.parameters, ...given };
  const changes = Object.fromEntries(Object.entries(typed).filter(([parameter, text]) => text !== seen.parameters[parameter]));
  const settled = useSettled(JSON.stringify(changes), 250);
  const draft = useLoad((signal) => post(`${address}/draft`, { version: seen.version, changes: JSON.parse(settled) }, signal), [address, settled, seen.version, write.error], { keep: true });
  useEffect(write.clear, [settled]);
  const errors = draft.value?.errors ?? [];
  const type = (parameter) => (event) => setGiven((before) => ({ ...before, [parameter]: event.target.value }));
  const meanwhile = !draft.loading && draft.value && draft.value.version !== seen.version;
  const nothing = settled === '{}';
  return h('div', { class: 'save', role: 'region', 'aria-label': 'Edit export' },
    h('div', { class: 'field' }, h('label', { for: 'edit-sql' }, 'query'),
      h('textarea', { id: 'edit-sql', rows: Math.min(12, typed.sql.split('\n').length + 1), spellcheck: false, value: typed.sql, placeholder: 'as query.sql says', onInput: type('sql') }),
      h('small', null, 'Delivered records stay as they are; the new query applies to new objects.')),
    h('div', { class: 'fields' }, FIELDS.map(([parameter, label, note]) => h('div', { key: parameter, class: 'field' },
      h('label', { for: `edit-${label}` }, label),
      h('input', { id: `edit-${label}`, value: typed[parameter], inputmode: 'numeric', onInput: type(parameter) }),
      h('small', null, note))),
    h('div', { class: 'field' }, h('label', { for: 'edit-sync' }, 'sync'),
      h('select', { id: 'edit-sync', value: typed.sync, onChange: type('sync') }, SYNCS.map((sync) => h('option', { key: sync, value: sync }, sync))),
      h('small', null, 'auto: new objects if the query only filters and projects; full: the whole dataset at each run'))),
    errors.map((text) => h('p', { key: text, class: 'bad' }, text)),
    meanwhile && h('div', { class: 'file' },
      h('p', { class: 'problem', role: 'alert' }, `${seen.file} was changed meanwhile, by hand or in another tab. Nothing was overwritten.`),
      h(Diff, { label: 'What was changed meanwhile', before: seen.yaml, after: draft.value.yaml }),
      h('button', { type: 'button', onClick: lookAgain }, 'Go on with this file')),
    h(Problem, { error: draft.error, retry: draft.reload }),
    draft.value && !meanwhile && h('div', { class: 'file' },
      h('strong', null, nothing ? seen.file : `What would change in ${seen.file}`),
      h(Diff, { label: 'Changes to the file', before: seen.yaml, after: draft.value.changed })),
    h('div', { class: 'bar-line' },
      h('button', { type: 'button', class: 'primary', disabled: nothing || meanwhile || errors.length > 0 || Boolean(draft.error) || reading || draft.loading || write.busy || JSON.stringify(changes) !== settled, onClick: () => write.run(JSON.parse(settled)) }, 'Write the change'),
      h('button', { type: 'button', class: 'quiet', onClick: onClose }, 'Close')));
}
