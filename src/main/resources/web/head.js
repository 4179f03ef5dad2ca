// What a dataset is, in one line.
import { bytes, plural, time, zoneName } from './format.js';
import { Star } from './star.js';
import { h } from './ui.js';

export function Head({ dataset, name, overview }) {
  return h('div', { class: 'dataset' },
    h(Star, { name }),
    h('h1', null, h('span', { class: 'tenant' }, `${dataset.tenant_name || dataset.tenant_id} / `), dataset.name || dataset.dataset_id),
    dataset.testing && h('span', { class: 'badge', title: 'Its records are not for production.' }, 'testing'),
    overview && overview.objects > 0 && h('span', { class: 'facts' }, [
      overview.first && `${time(overview.first)} … ${time(overview.last)} ${zoneName(overview.last)}`,
      plural(overview.objects, 'object') + (overview.truncated ? ' or more' : ''),
      bytes(overview.bytes),
      overview.records !== null && overview.records !== undefined && plural(overview.records, 'record'),
    ].filter(Boolean).map((fact) => h('span', { key: fact }, fact))));
}

export const NoObjects = ({ overview }) => h('div', { class: 'state' },
  h('p', { class: 'state-title' }, 'The dataset has no objects.'),
  (overview.listed_folders ?? []).length > 0 && h('p', null, 'Looked at:'),
  h('ul', { class: 'tried' }, (overview.listed_folders ?? []).map((folder) => h('li', { key: folder }, h('code', null, folder)))));
