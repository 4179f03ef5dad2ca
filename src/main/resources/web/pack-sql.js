// SQL for the packs of a dataset: tried on the newest events of the spool or of the source bucket, and then written into a file of routes/packs.
import { useEffect, useState } from 'preact/hooks';
import { get, path, post } from './api.js';
import { Confirm } from './confirm.js';
import { Diff } from './diff.js';
import { number, plural } from './format.js';
import { Table } from './table.js';
import { Problem, Skeleton, h } from './ui.js';
import { useLoad, useSettled, useTask } from './work.js';

export function PackSql({ tenant, dataset }) {
  const address = path('feeds', tenant, dataset);
  const [open, setOpen] = useState(false);
  const present = useLoad(open && ((signal) => get(`${address}/sql`, signal)), [address, open], { keep: true });
  return h('div', { class: 'pack-sql' },
    h('div', { class: 'bar-line' }, h('h3', null, 'SQL of its packs'), h('span', { class: 'space' }),
      h('button', { type: 'button', 'aria-expanded': open, onClick: () => setOpen(!open) }, open ? 'Close' : 'Transform, drop, enrich…')),
    open && (present.value ? h(Form, { address, present: present.value, name: `${tenant} / ${dataset}`, reload: present.reload })
      : present.error ? h(Problem, { error: present.error, retry: present.reload }) : h(Skeleton, null)));
}

function Form({ address, present, name: dataset, reload }) {
  const [sql, setSql] = useState(present.sql);
  const [name, setName] = useState('my-pack');
  const trial = useTask(async () => ({ sql, ...await post(`${address}/try`, { sql }) }));
  // What was tried says nothing about other SQL.
  const tried = trial.value?.sql === sql ? trial.value : undefined;
  const settled = useSettled(JSON.stringify({ sql, name }), 250);
  const draft = useLoad((signal) => post(`${address}/sql/draft`, JSON.parse(settled), signal), [settled, present], { keep: true });
  const write = useTask(async () => {
    const { name: confirm, version } = draft.value;
    const saved = await post(`${address}/sql`, { sql, name, version, confirm });
    reload();
    return saved;
  });
  useEffect(trial.clear, [sql]);
  useEffect(write.clear, [settled]);
  const seen = draft.value;
  const errors = seen?.errors ?? [];
  const same = seen && seen.before === seen.yaml;
  const ready = seen && !draft.loading && !draft.error && settled === JSON.stringify({ sql, name }) && errors.length === 0 && !same && !seen.read_only;
  return h('form', { class: 'save', 'aria-label': 'SQL of packs', onSubmit: (event) => { event.preventDefault(); trial.run(); } },
    h('p', { class: 'note' }, present.name ? `Pack ${present.name}, in ${present.file}, is for ${present.datasets}.` : 'No file in routes/packs takes this dataset: its events are packed as they are.'),
    h('div', { class: 'field' }, h('label', { for: 'pack-sql' }, 'SQL'),
      h('textarea', { id: 'pack-sql', rows: Math.min(12, sql.split('\n').length + 2), spellcheck: false, value: sql, onInput: (event) => setSql(event.target.value) }),
      h('small', null, 'One SELECT over incoming, event by event: WHERE drops, joins with lookups add columns.')),
    h('div', { class: 'bar-line' },
      h('button', { type: 'submit', disabled: trial.busy || !sql.trim() }, trial.busy ? 'Trying…' : 'Try')),
    h(Problem, { error: trial.error }),
    tried && h(Tried, { tried }),
    !present.name && h('div', { class: 'field' }, h('label', { for: 'pack-name' }, 'name'),
      h('input', { id: 'pack-name', value: name, autocomplete: 'off', onInput: (event) => setName(event.target.value) }),
      h('small', null, 'lower case, digits and -')),
    draft.error ? h(Problem, { error: draft.error, retry: draft.reload }) : !seen ? h(Skeleton, null) : [
      errors.map((text) => h('p', { key: text, class: 'bad' }, text)),
      h('div', { class: 'file' },
        h('strong', null, same ? seen.file : `What would change in ${seen.file}`),
        h(Diff, { label: 'Changes to the file', before: seen.before, after: seen.yaml })),
      seen.read_only && h('p', { class: 'note' }, `${seen.file} cannot be written here: ${seen.read_only}.`),
    ],
    h('div', { class: 'bar-line' },
      h(Confirm, { label: 'Save…', title: `Change the packs of ${dataset}?`, text: consequence(tried, present), typed: seen?.name, action: 'Save', task: write, disabled: !ready })),
    h(Problem, { error: write.error, retry: write.error?.status === 409 ? () => { write.clear(); reload(); } : undefined }),
    write.value && h('p', { class: 'verdict good', role: 'status' }, `Written: ${write.value.file}. The next pack follows it.`));
}

function consequence(tried, { datasets }) {
  const what = tried ? `Of the ${plural(tried.events, 'event')} that were tried, ${number(tried.dropped)} would be dropped and ${number(tried.failed)} would become dead letters.` : 'It was not tried on events.';
  return `${what} The next pack follows it, and what packs drop is gone for good.${datasets ? ` It is for ${datasets}.` : ''}`;
}

const OUTCOMES = [
  { name: 'Event', head: true, cell: ({ event }) => h(Text, event) },
  { name: 'Becomes', cell: ({ rows, reason }) => (reason ? h('span', { class: 'bad' }, `dead letter: ${reason}`)
    : rows.length > 0 ? rows.map((row, at) => h(Text, { key: at, ...row })) : h('em', null, 'dropped')) },
];

function Tried({ tried }) {
  const { events, kept, dropped, failed, missing, outcomes, complete, source_object: object } = tried;
  return [
    h('p', { class: 'verdict', role: 'status' }, `Of the ${object ? 'first' : 'newest'} ${plural(events, 'event')} in ${object ?? 'the spool'}: ${number(kept)} kept, ${number(dropped)} dropped, ${number(failed)} failed.`),
    missing.length > 0 && h('p', { class: 'note' }, `No event has ${missing.join(', ')} yet: it is NULL.${kept === 0 ? ' A pack that keeps no event waits, because the name may be wrong.' : ''}`),
    !complete && h('p', { class: 'note' }, 'There are more rows than are shown.'),
    h('div', { class: 'outcomes' }, h(Table, { label: 'What becomes of the events', columns: OUTCOMES, rows: outcomes.map((outcome, at) => ({ at, ...outcome })), id: ({ at }) => at })),
  ];
}

const Text = ({ text, cut }) => h('code', null, text, cut && ' …');
