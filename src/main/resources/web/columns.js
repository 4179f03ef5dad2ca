// The dataset's columns with their types. An opened column shows its profile; that reads data, so it loads on request.
import { useState } from 'preact/hooks';
import { look, path } from './api.js';
import { bytes, compact, number, plural, value } from './format.js';
import { Problem, Skeleton, h, useLoad } from './ui.js';

export function Columns({ dataset, columns, said, range, onInsert, onFilter }) {
  const [open, setOpen] = useState(null);
  if (columns.error) {
    return h(Problem, { error: columns.error, said, retry: columns.reload });
  }
  if (!columns.value) {
    return h(Skeleton, { lines: 6 });
  }
  return h('ul', { class: 'columns' }, columns.value.columns.map((column) =>
    h('li', { key: column.name },
      h('div', { class: 'column' },
        h('button', { type: 'button', class: 'quiet name', 'aria-expanded': open === column.name, title: column.name, onClick: () => setOpen(open === column.name ? null : column.name) }, column.name),
        h('span', { class: 'type', title: typeTitle(column) }, column.partition ? 'partition' : typeWord(column)),
        h('button', { type: 'button', class: 'quiet icon', title: `Put ${column.name} into the query`, 'aria-label': `Put ${column.name} into the query`, onClick: () => onInsert(column.name) }, '+')),
      open === column.name && h(Profile, { dataset, column, range, onFilter }))));
}

const typeWord = (column) => column.type.length > 14 ? column.kind : column.type.toLowerCase();

// If objects disagree: each type, and at least how many objects have it.
const typeTitle = ({ type, seen }) => seen.length
  ? `${type} in all records; ${seen.map((one) => one.type + (one.objects ? ` in ${plural(one.objects, 'object')} or more` : '')).join(', ')}`
  : type;

function Profile({ dataset, column, range, onFilter }) {
  const address = path('datasets', dataset.tenant_id, dataset.dataset_id, 'columns', column.name, 'profile');
  const profile = useLoad((signal) => look(address, range, signal), [address, range.from, range.to]);
  if (profile.error) {
    return h(Problem, { error: profile.error });
  }
  if (!profile.value) {
    return h(Skeleton, { lines: 3 });
  }
  const { total, nulls, distinct, min, max, top, histogram, objects_read: objects, bytes_read: size } = profile.value;
  return h('div', { class: 'profile' },
    h('p', null, `${number(total)} records, ${compact(distinct)} distinct, ${number(nulls)} null`),
    min !== null && min !== undefined && h('p', { class: 'cut' }, `${value(min)} … ${value(max)}`),
    histogram && histogram.length > 1 && h(Histogram, { buckets: histogram }),
    h('ul', { class: 'bars' }, (top ?? []).map((entry) => h('li', { key: value(entry.value) },
      h('button', { type: 'button', class: 'quiet', title: 'Filter by this value', onClick: () => onFilter(column.name, entry.value) },
        h('span', { class: 'fill', style: { width: `${entry.count / Math.max(total, 1) * 100}%` } }),
        h('span', { class: 'name' }, value(entry.value)), h('span', { class: 'aside' }, compact(entry.count)))))),
    h('p', { class: 'note' }, `${plural(objects, 'object')} and ${bytes(size)} read`));
}

function Histogram({ buckets }) {
  const most = Math.max(...buckets.map((bucket) => bucket.count), 1);
  return h('svg', { class: 'histogram', viewBox: `0 0 ${buckets.length} 20`, preserveAspectRatio: 'none', role: 'img', 'aria-label': 'Distribution of the values' },
    buckets.map((bucket, at) => {
      const height = bucket.count / most * 19;
      return h('rect', { key: at, x: at + 0.05, width: 0.9, y: 20 - height, height },
        h('title', null, `${value(bucket.from)} to ${value(bucket.to)}: ${number(bucket.count)}`));
    }));
}
