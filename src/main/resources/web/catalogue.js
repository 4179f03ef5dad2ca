// The left side: datasets by tenant with search, and the exports with their state.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ExportMark, exportLine } from './export-state.js';
import { ago, time, zoneName } from './format.js';
import { recent, stars } from './memory.js';
import { write } from './place.js';
import { matching } from './search.js';
import { Skeleton, h } from './ui.js';

/** With more datasets than one sees at once, tenants are folded, and what was starred or opened last stands first. */
const MANY = 12;

export function Catalogue({ datasets, exports, place, go, searchBox, side }) {
  const [words, setWords] = useState('');
  const [marked, setMarked] = useState(stars);
  // On a phone the chosen dataset, or another view, takes the place of the list.
  const [listed, setListed] = useState(false);
  const list = useRef(null);
  const all = datasets.value?.datasets;
  const found = useMemo(() => matching(all ?? [], words, textOf), [all, words]);
  const isMany = (all?.length ?? 0) > MANY;
  const tenants = useMemo(() => byTenant(found), [found]);
  const marks = isMany && !words ? [...new Set([...marked, ...recent()])].map((name) => all.find((one) => nameOf(one) === name)).filter(Boolean) : [];
  const first = marks.length > 1 || marked.length ? marks : [];
  const current = `${place.tenant}/${place.dataset}`;
  useEffect(() => {
    const changed = () => setMarked(stars());
    addEventListener('stars', changed);
    return () => removeEventListener('stars', changed);
  }, []);
  useEffect(() => {
    setListed(false);
    setWords('');
  }, [current]);
  useEffect(() => list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [current, Boolean(all)]);

  const keys = (event) => {
    const links = [...event.currentTarget.querySelectorAll('.tree a, .tree summary')].filter((one) => one.checkVisibility());
    const at = links.indexOf(document.activeElement);
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const next = at + (event.key === 'ArrowDown' ? 1 : -1);
      (next < 0 ? searchBox.current : links[Math.min(next, links.length - 1)])?.focus();
    } else if (event.key === 'Enter' && event.target === searchBox.current && found.length) {
      go(placeOf(found[0]));
    } else if (event.key === 'Escape' && event.target === searchBox.current) {
      setWords('');
      setListed(false);
    }
  };
  const entry = (dataset, stop) => h(Entry, { key: dataset.dataset_id, dataset, place, stop, star: marked.includes(nameOf(dataset)) });
  // One of them is a stop of the Tab key; arrows lead to the others.
  const stop = first[0] ?? found.find((one) => nameOf(one) === current) ?? found[0];

  return h('aside', { class: `side${(place.dataset || place.view !== 'data') && !listed && !words ? ' chosen' : ''}`, 'aria-label': 'Data and exports' },
    h('section', { class: 'data', onKeyDown: keys },
      h('h2', null, 'Data'),
      h('input', {
        ref: searchBox,
        type: 'search',
        placeholder: 'Search datasets',
        'aria-label': 'Search datasets',
        value: words,
        onInput: (event) => setWords(event.target.value),
        onFocus: () => setListed(true),
        onClick: () => setListed(true),
      }),
      !datasets.value && datasets.loading && h(Skeleton, { lines: 4 }),
      datasets.error && (place.view !== 'data' || datasets.value) && datasets.error.status !== 0 && h('p', { class: 'note' }, datasets.error.message),
      (datasets.value?.notes ?? []).map((note) => h('p', { key: note, class: 'note' }, note)),
      datasets.value && !found.length && words && h('p', { class: 'note' }, `No dataset matches “${words}”.`),
      h('ul', { class: 'tree', ref: list },
        first.length > 0 && h('li', { key: ' first' }, h('h3', null, 'Starred and recent'), h('ul', null, first.map((dataset) => entry(dataset, dataset === stop)))),
        tenants.map((tenant) => h('li', { key: tenant.id },
          h(Tenant, { tenant, folds: isMany, open: Boolean(words) || tenants.length === 1 || tenant.id === place.tenant },
            h('ul', null, tenant.datasets.map((dataset) => entry(dataset, dataset === stop)))))))),
    h('button', { type: 'button', class: 'skip', onClick: () => document.querySelector('.editor .waiting, .cm-content')?.focus() }, 'To the query'),
    h('section', { ref: side, class: 'slot' }),
    h('section', { class: 'exports-of-side' },
      h('h2', null, h('a', { href: '#/exports' }, 'Exports')),
      exports.error && exports.error.status !== 401 && h('p', { class: 'note' }, exports.error.message),
      exports.value?.exports.length === 0 && h('p', { class: 'note' }, 'None yet. Save a query as an export.'),
      h('ul', { class: 'tree' }, (exports.value?.exports ?? []).map((entry) =>
        h('li', { key: `${entry.name}/${entry.destination}` },
          h('a', { href: write({ view: 'exports', name: entry.name, destination: entry.destination }) },
            h(ExportMark, { entry }), h('span', { class: 'name' }, entry.name), h('span', { class: 'aside' }, exportLine(entry))))))));
}

function Tenant({ tenant, folds, open, children }) {
  return folds
    ? h('details', { open }, h('summary', { title: tenant.id, tabIndex: -1 }, h('span', { class: 'name' }, tenant.name), h('span', { class: 'aside' }, tenant.datasets.length)), children)
    : [h('h3', { key: 'name', title: tenant.id }, tenant.name), children];
}

function Entry({ dataset, place, stop, star }) {
  const current = dataset.tenant_id === place.tenant && dataset.dataset_id === place.dataset;
  const title = dataset.newest ? `${dataset.dataset_id}: newest partition ${time(dataset.newest.from)} ${zoneName(dataset.newest.from)}` : dataset.dataset_id;
  return h('li', null, h('a', { href: write(placeOf(dataset)), 'aria-current': current ? 'true' : undefined, title, tabIndex: stop ? 0 : -1 },
    h('span', { class: 'name' }, dataset.name || dataset.dataset_id),
    star && h('span', { 'aria-label': 'starred', role: 'img' }, '★'),
    dataset.testing && h('span', { class: 'badge' }, 'testing'),
    dataset.active === false && h('span', { class: 'badge plain' }, 'inactive'),
    dataset.newest && h('span', { class: 'aside' }, ago(dataset.newest.to))));
}

const placeOf = (dataset) => ({ view: 'data', tenant: dataset.tenant_id, dataset: dataset.dataset_id });
const nameOf = (dataset) => `${dataset.tenant_id}/${dataset.dataset_id}`;
const textOf = (dataset) => [dataset.tenant_name, dataset.tenant_id, dataset.name, dataset.dataset_id].join(' ');

function byTenant(datasets) {
  const tenants = new Map();
  for (const dataset of datasets) {
    const tenant = tenants.get(dataset.tenant_id)
      ?? { id: dataset.tenant_id, name: dataset.tenant_name || dataset.tenant_id, datasets: [] };
    tenant.datasets.push(dataset);
    tenants.set(dataset.tenant_id, tenant);
  }
  return [...tenants.values()];
}
