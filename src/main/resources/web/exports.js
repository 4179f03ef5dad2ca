// One line per export. An opened export shows runs, retries, dead letters and the cursor.
import { Balance } from './balance.js';
import { DeadLetters } from './dead-letters.js';
import { ExportMark } from './export-state.js';
import { path, post } from './api.js';
import { Confirm } from './confirm.js';
import { duration, number, plural, retries, time, zoneName } from './format.js';
import { FailedObjects, Log } from './log.js';
import { Manage } from './manage.js';
import { write } from './place.js';
import { Table } from './table.js';
import { Problem, Skeleton, State, h } from './ui.js';
import { Watch } from './watch.js';
import { useTask } from './work.js';

const EXPORTS = [
  { name: 'Export', head: true, cell: (entry, open) => h(OpenLink, { entry, open }) },
  { name: 'Dataset', cell: (entry) => `${entry.tenant_id} / ${entry.dataset_id}` },
  { name: 'State', cell: (entry) => [h(ExportMark, { entry }), ' ', entry.state] },
  { name: 'Behind', number: true, cell: (entry) => duration(entry.lag_seconds) },
  { name: 'Records per run', cell: (entry) => h(Sparkline, { runs: entry.runs ?? [] }) },
  { name: 'Accepted', number: true, cell: (entry) => number(entry.totals?.accepted) },
  { name: 'Dead letters', number: true, cell: (entry) => number(entry.dead_letters) },
  { name: 'Next run', cell: (entry) => time(entry.next_run) },
  { name: 'Last error', text: true, cell: (entry) => entry.retrying_reason ?? entry.last_error ?? '–' },
];

const RUNS = [
  { name: 'Started', head: true, cell: (run) => time(run.started_at) },
  { name: 'Took', number: true, cell: (run) => (run.finished_at ? duration((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000) : '–') },
  { name: 'State', cell: (run) => run.state },
  ...[['Objects', 'objects'], ['Selected', 'selected'], ['Accepted', 'accepted'], ['Duplicates', 'duplicates'], ['Dead-lettered', 'dead_lettered']]
    .map(([name, count]) => ({ name, number: true, cell: (run) => number(run[count]) })),
  { name: 'Message', text: true, cell: (run) => run.message ?? '' },
];

export function Exports({ exports, place, go }) {
  if (exports.error && !exports.value) {
    return h(Problem, { error: exports.error, retry: exports.reload });
  }
  if (!exports.value) {
    return h(Skeleton, { lines: 5 });
  }
  const list = exports.value.exports;
  const chosen = list.find((entry) => entry.name === place.name && entry.destination === place.destination);
  return h('div', { class: 'exports' },
    h('h1', null, 'Exports'),
    h('p', { class: 'note' }, `All times are ${zoneName()}.`),
    h(Watch, { onChange: exports.reload }),
    list.length === 0
      ? h(State, { title: 'No export yet.' }, h('p', null, 'Pick a dataset, query the records you need, and save the query as an export.'))
      : h(Table, { columns: EXPORTS, rows: list, id: ({ name, destination }) => `${name}/${destination}`, open: chosen }),
    place.name && !chosen && h(State, { title: `There is no export ${[place.name, place.destination].filter(Boolean).join(' to ')}.` }),
    chosen && h(Details, { key: `${chosen.name}/${chosen.destination}`, entry: chosen, reload: exports.reload, go }));
}

function OpenLink({ entry, open }) {
  const address = write({ view: 'exports', name: entry.name, destination: entry.destination });
  return h('a', { href: open ? '#/exports' : address, 'aria-expanded': open }, `${entry.name} → ${entry.destination}`);
}

/** Accepted records of the last runs, oldest first. */
function Sparkline({ runs }) {
  const counts = [...runs].sort((one, other) => Date.parse(one.started_at) - Date.parse(other.started_at)).map((run) => run.accepted ?? 0);
  const most = Math.max(...counts, 1);
  return h('svg', { class: 'spark', viewBox: '0 0 80 18', role: 'img', 'aria-label': `Accepted in the last ${counts.length === 1 ? 'run' : `${counts.length} runs`}: ${counts.join(', ')}` },
    counts.map((count, at) => {
      const height = Math.max(count / most * 17, count ? 1.5 : 0.5);
      return h('rect', { key: at, x: at * 4, width: 3, y: 18 - height, height });
    }));
}

function Details({ entry, reload, go }) {
  const address = path('exports', entry.name, entry.destination);
  const full = `${entry.name}/${entry.destination}`;
  const reset = useTask(async () => {
    await post(`${address}/reset-cursor`, { confirm: full });
    reload();
    return true;
  });
  // The dead letters move with it.
  const retry = useTask(async () => {
    await post(`${address}/dead-letters/replay`, {});
    reload();
  });
  return h('section', { class: 'details', 'aria-label': `Export ${full}` },
    h('h2', null, `${entry.name} → ${entry.destination}`),
    entry.destination !== 'none' && h(Manage, { key: entry.state === 'paused', entry, reload, go }),
    entry.retrying_since ? h('p', { class: 'problem' }, `Waiting since ${time(entry.retrying_since)}: ${entry.retrying_reason}`)
      : entry.last_error && h('p', { class: 'problem' }, entry.last_error),
    h(FailedObjects, { objects: entry.failed_objects }),
    entry.left_out && h('p', { class: 'note' }, entry.left_out),
    entry.set_aside?.length > 0 && h('p', { class: 'problem' }, `Set aside, because the process died three times while reading it: ${entry.set_aside.join(', ')}.`),
    entry.set_aside?.length > 0 && h('button', { type: 'button', disabled: retry.busy, onClick: retry.run }, 'Replay: let the next run try it again'),
    h(Problem, { error: retry.error }),
    h(Balance, { counts: entry.totals }),
    h('dl', null,
      h('dt', null, 'Last success'), h('dd', null, time(entry.last_success)),
      h('dt', null, 'Delivered up to'), h('dd', null, time(entry.watermark)),
      h('dt', null, 'Retries'), h('dd', null, retries(entry.retries) || 'none')),
    h('details', null, h('summary', null, 'Query'), h('pre', null, entry.sql),
      h('button', { type: 'button', onClick: () => go({ view: 'data', tenant: entry.tenant_id, dataset: entry.dataset_id, sql: entry.sql }) }, 'Open in Data')),
    h('h3', null, 'Runs'),
    h(Runs, { runs: entry.runs ?? [] }),
    h(Log, { address, version: entry }),
    h('h3', null, plural(entry.dead_letters, 'dead letter')),
    h(DeadLetters, { address, count: entry.dead_letters, query: entry, reload }),
    h('h3', null, 'Cursor'),
    h('p', { class: 'note' }, 'A reset makes the next run deliver all records of the dataset again.'),
    h(Confirm, { label: 'Reset cursor…', title: `Reset the cursor of ${full}?`, text: 'The next run delivers everything again. The destination may receive records twice.', typed: full, action: 'Reset cursor', task: reset }),
    reset.value && h('p', { class: 'verdict good', role: 'status' }, 'The cursor was reset.'),
    h(Problem, { error: reset.error }));
}

function Runs({ runs }) {
  return runs.length ? h(Table, { columns: RUNS, rows: runs, id: (run) => run.started_at }) : h('p', { class: 'note' }, 'No runs yet.');
}
