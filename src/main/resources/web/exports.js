// Every export in one line; opened: runs, retries, dead letters, and the cursor.
import { Balance } from './balance.js';
import { DeadLetters } from './dead-letters.js';
import { ExportMark } from './export-state.js';
import { path, post } from './api.js';
import { Confirm } from './confirm.js';
import { duration, number, plural, time } from './format.js';
import { write } from './place.js';
import { Problem, Skeleton, State, h, useTask } from './ui.js';

const NUMBERS = new Set(['Behind', 'Accepted', 'Dead letters', 'Took', 'Objects', 'Selected', 'Duplicates', 'Dead-lettered']);

const heads = (names) => h('thead', null, h('tr', null, names.map((name) =>
  h('th', { key: name, scope: 'col', class: NUMBERS.has(name) ? 'number' : undefined }, name))));

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
    h('p', { class: 'note' }, 'Run by watch and batch mode. All times are UTC.'),
    list.length === 0
      ? h(State, { title: 'No export yet.' }, h('p', null, 'Pick a dataset, ask for the records you need, and save the query as an export.'))
      : h('div', { class: 'wide' }, h('table', null,
        heads(['Export', 'Dataset', 'State', 'Behind', 'Records per run', 'Accepted', 'Dead letters', 'Next run', 'Last error']),
        h('tbody', null, list.map((entry) => h(Line, { key: `${entry.name}/${entry.destination}`, entry, open: entry === chosen }))))),
    place.name && !chosen && h(State, { title: `There is no export ${place.name} to ${place.destination}.` }),
    chosen && h(Details, { key: `${chosen.name}/${chosen.destination}`, entry: chosen, reload: exports.reload, go }));
}

function Line({ entry, open }) {
  const address = write({ view: 'exports', name: entry.name, destination: entry.destination });
  return h('tr', { class: open ? 'open' : undefined },
    h('th', { scope: 'row' }, h('a', { href: open ? '#/exports' : address, 'aria-expanded': open }, `${entry.name} → ${entry.destination}`)),
    h('td', null, `${entry.tenant_id} / ${entry.dataset_id}`),
    h('td', null, h(ExportMark, { entry }), ' ', entry.state),
    h('td', { class: 'number' }, duration(entry.lag_seconds)),
    h('td', null, h(Sparkline, { runs: entry.runs ?? [] })),
    h('td', { class: 'number' }, number(entry.totals?.accepted)),
    h('td', { class: 'number' }, number(entry.dead_letters)),
    h('td', null, time(entry.next_run)),
    h('td', { class: 'cut', title: entry.last_error ?? '' }, entry.last_error ?? '–'));
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
  const retries = Object.entries(entry.retries ?? {});
  return h('section', { class: 'details', 'aria-label': `Export ${full}` },
    h('h2', null, `${entry.name} → ${entry.destination}`),
    entry.last_error && h('p', { class: 'problem' }, entry.last_error),
    h(Balance, { counts: entry.totals }),
    h('dl', null,
      h('dt', null, 'Last success'), h('dd', null, time(entry.last_success)),
      h('dt', null, 'Delivered up to'), h('dd', null, time(entry.watermark)),
      h('dt', null, 'Retries'), h('dd', null, retries.length ? retries.map(([code, count]) => `${code}: ${number(count)}`).join(', ') : 'none')),
    h('details', null, h('summary', null, 'Query'), h('pre', null, entry.sql),
      h('button', { type: 'button', onClick: () => go({ view: 'data', tenant: entry.tenant_id, dataset: entry.dataset_id, sql: entry.sql }) }, 'Open in Data')),
    h('h3', null, 'Runs'),
    h(Runs, { runs: entry.runs ?? [] }),
    h('h3', null, plural(entry.dead_letters, 'dead letter')),
    h(DeadLetters, { address, count: entry.dead_letters, reload }),
    h('h3', null, 'Cursor'),
    h('p', { class: 'note' }, 'A reset makes the next run deliver all records of the dataset again.'),
    h(Confirm, { label: 'Reset cursor…', title: `Reset the cursor of ${full}?`, text: 'The next run delivers everything again. The destination may get records twice.', typed: full, action: 'Reset cursor', task: reset }),
    reset.value && h('p', { class: 'verdict good', role: 'status' }, 'The cursor is reset.'),
    h(Problem, { error: reset.error }));
}

function Runs({ runs }) {
  if (!runs.length) {
    return h('p', { class: 'note' }, 'It has not run yet.');
  }
  return h('div', { class: 'wide' }, h('table', null,
    heads(['Started', 'Took', 'State', 'Objects', 'Selected', 'Accepted', 'Duplicates', 'Dead-lettered', 'Message']),
    h('tbody', null, runs.map((run) => h('tr', { key: run.started_at },
      h('td', null, time(run.started_at)),
      h('td', { class: 'number' }, run.finished_at ? duration((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000) : '–'),
      h('td', null, run.state),
      [run.objects, run.selected, run.accepted, run.duplicates, run.dead_lettered].map((count, at) => h('td', { key: at, class: 'number' }, number(count))),
      h('td', { class: 'cut', title: run.message ?? '' }, run.message ?? ''))))));
}
