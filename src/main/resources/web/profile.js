// A profile of a column's values. It reads data, so it loads on request.
import { look, path } from './api.js';
import { bytes, compact, number, plural, value } from './format.js';
import { ProfileOfAll } from './profile-all.js';
import { Problem, Skeleton, h } from './ui.js';
import { useLoad } from './work.js';

export function Profile({ dataset, column, overview, range, onFilter }) {
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
    h('p', { class: 'note' }, `${plural(objects, 'object')} and ${bytes(size)} read`),
    overview?.objects > objects && h(ProfileOfAll, { dataset, column, overview, onFilter }));
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
