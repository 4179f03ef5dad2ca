// The left side: datasets by tenant with search, and the exports with their state.
import { useMemo, useState } from 'preact/hooks';
import { ExportMark, exportLine } from './export-state.js';
import { ago, time } from './format.js';
import { write } from './place.js';
import { Skeleton, h } from './ui.js';

export function Catalogue({ datasets, exports, place, go, searchBox, side }) {
  const [words, setWords] = useState('');
  const tenants = useMemo(() => byTenant(datasets.value?.datasets ?? [], words), [datasets.value, words]);
  const found = tenants.flatMap((tenant) => tenant.datasets);

  const keys = (event) => {
    const links = [...event.currentTarget.querySelectorAll('.tree a')];
    const at = links.indexOf(document.activeElement);
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const next = at + (event.key === 'ArrowDown' ? 1 : -1);
      (next < 0 ? searchBox.current : links[Math.min(next, links.length - 1)])?.focus();
    } else if (event.key === 'Enter' && event.target === searchBox.current && found.length) {
      go(placeOf(found[0]));
    } else if (event.key === 'Escape' && event.target === searchBox.current) {
      setWords('');
    }
  };

  return h('aside', { class: 'side', 'aria-label': 'Data and exports' },
    h('section', { onKeyDown: keys },
      h('h2', null, 'Data'),
      h('input', {
        ref: searchBox,
        type: 'search',
        placeholder: 'Search datasets',
        'aria-label': 'Search datasets',
        value: words,
        onInput: (event) => setWords(event.target.value),
      }),
      !datasets.value && datasets.loading && h(Skeleton, { lines: 4 }),
      datasets.error && (place.view !== 'data' || datasets.value) && datasets.error.status !== 0 && h('p', { class: 'note' }, datasets.error.message),
      (datasets.value?.notes ?? []).map((note) => h('p', { key: note, class: 'note' }, note)),
      datasets.value && !found.length && words && h('p', { class: 'note' }, `No dataset matches “${words}”.`),
      h('ul', { class: 'tree' }, tenants.map((tenant) => h('li', { key: tenant.id },
        h('h3', { title: tenant.id }, tenant.name),
        h('ul', null, tenant.datasets.map((dataset) => h(Entry, { key: dataset.dataset_id, dataset, place }))))))),
    h('button', { type: 'button', class: 'skip', onClick: () => document.querySelector('.cm-content')?.focus() }, 'To the query'),
    h('section', { ref: side, class: 'slot' }),
    h('section', null,
      h('h2', null, h('a', { href: '#/exports' }, 'Exports')),
      exports.error && exports.error.status !== 401 && h('p', { class: 'note' }, exports.error.message),
      exports.value?.exports.length === 0 && h('p', { class: 'note' }, 'None yet. Save a query as an export.'),
      h('ul', { class: 'tree' }, (exports.value?.exports ?? []).map((entry) =>
        h('li', { key: `${entry.name}/${entry.destination}` },
          h('a', { href: write({ view: 'exports', name: entry.name, destination: entry.destination }) },
            h(ExportMark, { entry }), h('span', { class: 'name' }, entry.name), h('span', { class: 'aside' }, exportLine(entry))))))));
}

function Entry({ dataset, place }) {
  const current = dataset.tenant_id === place.tenant && dataset.dataset_id === place.dataset;
  const title = dataset.newest ? `${dataset.dataset_id}: newest partition ${time(dataset.newest.from)} UTC` : dataset.dataset_id;
  return h('li', null, h('a', { href: write(placeOf(dataset)), 'aria-current': current ? 'true' : undefined, title },
    h('span', { class: 'name' }, dataset.name || dataset.dataset_id),
    dataset.testing && h('span', { class: 'badge' }, 'testing'),
    dataset.active === false && h('span', { class: 'badge plain' }, 'inactive'),
    dataset.newest && h('span', { class: 'aside' }, ago(dataset.newest.to))));
}

const placeOf = (dataset) => ({ view: 'data', tenant: dataset.tenant_id, dataset: dataset.dataset_id });

function byTenant(datasets, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const tenants = new Map();
  for (const dataset of datasets) {
    const text = [dataset.tenant_name, dataset.tenant_id, dataset.name, dataset.dataset_id].join(' ').toLowerCase();
    if (wanted.every((word) => text.includes(word))) {
      const tenant = tenants.get(dataset.tenant_id)
        ?? { id: dataset.tenant_id, name: dataset.tenant_name || dataset.tenant_id, datasets: [] };
      tenant.datasets.push(dataset);
      tenants.set(dataset.tenant_id, tenant);
    }
  }
  return [...tenants.values()];
}
