// The feeds, and what they have brought: one line per dataset, one per file.
import { useEffect } from 'preact/hooks';
import { get } from './api.js';
import { bytes, duration, now, number, plural, time, zoneName } from './format.js';
import { NewFeed } from './new-feed.js';
import { PackSql } from './pack-sql.js';
import { PACKS } from './packs.js';
import { write } from './place.js';
import { Table } from './table.js';
import { Tail } from './tail.js';
import { Problem, Skeleton, State, h } from './ui.js';
import { useLoad } from './work.js';

const REFRESH = 5000;

const WORDS = { elsewhere: 'not in this process', changed: 'changing', wrong: 'its file is wrong' };
const SHAPES = { listening: 'M8 4a4 4 0 1 0 .01 0z', failing: 'M8 3l6 10H2z', wrong: 'M8 3l6 10H2z' };
const KINDS = { listening: 'good', failing: 'bad', wrong: 'bad' };

const DATASETS = [
  { name: 'Dataset', head: true, cell: (entry, open) => h('a', { href: open ? '#/feeds' : placeOf(entry), 'aria-expanded': open }, nameOf(entry)) },
  { name: 'Per second', number: true, cell: (entry) => rate(entry.events_per_second) },
  { name: 'Last event', text: true, cell: (entry) => time(entry.last_event_at) },
  ...[['Received', 'received'], ['Packed', 'packed'], ['Dropped', 'dropped'], ['Dead letters', 'dead_letters'], ['In the spool', 'spooled']]
    .map(([name, count]) => ({ name, number: true, cell: (entry) => number(entry[count]) })),
  { name: 'Spool', number: true, cell: (entry) => (entry.spool_bytes ? `${bytes(entry.spool_bytes)}, ${age(entry.oldest_spooled_at)} old` : '–') },
  { name: 'Columns', cell: (entry) => changes(entry) },
  { name: 'Last pack', text: true, cell: (entry) => entry.pack_problem ?? (entry.last_pack ? `${time(entry.last_pack.finished_at)} ${entry.last_pack.object}` : '–') },
];

const SOURCES = [
  { name: 'Dataset', head: true, cell: (entry, open) => h('a', { href: open ? '#/feeds' : placeOf(entry), 'aria-expanded': open }, nameOf(entry)) },
  ...[['Objects packed', 'source_objects'], ['Events packed', 'packed'], ['Dropped', 'dropped'], ['Dead letters', 'dead_letters'], ['Planned', 'planned_objects'], ['Unreadable', 'unreadable_objects']]
    .map(([name, count]) => ({ name, number: true, cell: (entry) => number(entry[count]) })),
  { name: 'In the bucket', number: true, cell: (entry) => (entry.waiting_objects ? `${plural(entry.waiting_objects, 'object')}, ${bytes(entry.waiting_bytes)}, ${age(entry.oldest_waiting_at)} old` : '–') },
  { name: 'Columns', cell: (entry) => changes(entry) },
  { name: 'Last pack', text: true, cell: (entry) => entry.pack_problem ?? (entry.last_pack ? `${time(entry.last_pack.finished_at)} ${entry.last_pack.object}` : '–') },
];

const FEEDS = [
  { name: 'Feed', head: true, cell: (feed) => feed.name },
  { name: 'State', cell: (feed) => [h(Mark, { state: feed.state }), ' ', WORDS[feed.state] ?? feed.state] },
  { name: 'Input', cell: (feed) => feed.input },
  { name: 'Address', text: true, cell: (feed) => feed.address },
  { name: 'Dataset', cell: (feed) => `${feed.tenant_id} / ${feed.dataset_id}` },
  { name: 'Format', cell: (feed) => feed.format },
  { name: 'File', text: true, cell: (feed) => feed.file || '–' },
  { name: 'Message', text: true, cell: (feed) => feed.problem ?? '' },
];

export function Feeds({ place, go }) {
  const feeds = useLoad((signal) => get('feeds', signal), [], { keep: true });
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && feeds.reload(), REFRESH);
    return () => clearInterval(timer);
  }, [feeds.reload]);
  if (!feeds.value) {
    return feeds.error ? h(Problem, { error: feeds.error, retry: feeds.reload }) : h(Skeleton, { lines: 5 });
  }
  const { feeds: datasets, files, here, sources, source_problem: problem } = feeds.value;
  const isChosen = (entry) => entry.tenant_id === place.name && entry.dataset_id === place.destination;
  const chosen = datasets.find(isChosen);
  const source = sources.find(isChosen);
  const isNew = place.name === 'new' && !place.destination;
  return h('div', { class: 'exports' },
    h('div', { class: 'bar-line' }, h('h1', null, 'Feeds'), h('span', { class: 'space' }),
      !isNew && h('button', { type: 'button', onClick: () => go({ view: 'feeds', name: 'new' }) }, 'New feed…')),
    h('p', { class: 'note' }, `All times are ${zoneName()}. received = packed + dropped + dead letters + in the spool.`),
    feeds.error && h(Problem, { error: feeds.error }),
    !here && h('p', { class: 'note', role: 'status' }, 'No feeds run in this process; a process with --mode watch or --mode ingest may run them.'),
    isNew && h(NewFeed, { onWritten: feeds.reload, onClose: () => go({ view: 'feeds' }) }),
    datasets.length === 0 ? h(State, { title: 'Nothing has arrived yet.' }, h('p', null, 'A feed brings events into a dataset of the lake: over HTTP, as syslog, as lines.'))
      : h(Table, { columns: DATASETS, rows: datasets, id: nameOf, open: chosen }),
    place.name && !isNew && !chosen && !source && h(State, { title: `Nothing has arrived for ${place.name} / ${place.destination ?? ''}.` }),
    chosen && h(Details, { key: nameOf(chosen), entry: chosen, go }),
    (sources.length > 0 || problem) && [
      h('h2', null, 'Objects of the source bucket'),
      problem && h('p', { class: 'problem' }, problem),
      sources.length > 0 && h(Table, { label: 'Datasets of the source bucket', columns: SOURCES, rows: sources, id: nameOf, open: source }),
      source && !chosen && h(Details, { key: nameOf(source), entry: source, go }),
    ],
    h('h2', null, 'Files'),
    files.length === 0 ? h('p', { class: 'note' }, 'There is no file in routes/feeds.')
      : h(Table, { label: 'Files of feeds', columns: FEEDS, rows: files, id: (feed) => `${feed.file} ${feed.name}` }));
}

function Details({ entry, go }) {
  const packs = useLoad((signal) => get('packs', signal), [entry.packed, entry.pack_problem], { keep: true });
  const own = (packs.value?.packs ?? []).filter((pack) => nameOf(pack) === nameOf(entry));
  return h('section', { class: 'details', 'aria-label': `Dataset ${nameOf(entry)}` },
    h('div', { class: 'bar-line' }, h('h2', null, nameOf(entry)), h('span', { class: 'space' }),
      h('button', { type: 'button', onClick: () => go({ view: 'data', tenant: entry.tenant_id, dataset: entry.dataset_id }) }, 'Open in Data')),
    entry.pack_problem && h('p', { class: 'problem' }, entry.pack_problem),
    entry.spooled !== undefined && h(Tail, { tenant: entry.tenant_id, dataset: entry.dataset_id }),
    h(PackSql, { tenant: entry.tenant_id, dataset: entry.dataset_id }),
    h('h3', null, 'Packs'),
    packs.error && h(Problem, { error: packs.error, retry: packs.reload }),
    own.length ? h(Table, { label: 'Packs', columns: PACKS, rows: own, id: (pack) => pack.started_at }) : packs.value && h('p', { class: 'note' }, 'No pack yet.'));
}

function Mark({ state }) {
  const kind = KINDS[state] ?? 'none';
  return h('svg', { class: `mark ${kind}`, viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    h('path', { d: SHAPES[state] ?? 'M3 8h10', fill: kind === 'none' ? 'none' : 'currentColor', stroke: 'currentColor', 'stroke-width': 1.5 }));
}

function nameOf({ tenant_id, dataset_id }) {
  return `${tenant_id} / ${dataset_id}`;
}

const placeOf = ({ tenant_id, dataset_id }) => write({ view: 'feeds', name: tenant_id, destination: dataset_id });

const rate = (perSecond) => (perSecond === 0 || perSecond >= 10 ? number(Math.round(perSecond)) : perSecond.toFixed(2));

const age = (iso) => duration(Math.max(0, Math.round((now() - Date.parse(iso)) / 1000)));

function changes({ columns_added: added, columns_widened: widened }) {
  return [added > 0 && `${plural(added, 'column')} added`, widened > 0 && `${number(widened)} widened`].filter(Boolean).join(', ') || '–';
}
