// The dataset's columns: their types, their place in the table, and the profile of an opened one.
import { useMemo, useState } from 'preact/hooks';
import { compact, plural } from './format.js';
import { later } from './later.js';
import { counts, moved, pinned, toggled } from './layout.js';
import { Problem, Skeleton, h } from './ui.js';

const Profile = later(() => import('./profile.js'), 'Profile');

/** @param layout {names, pinned, time, isChosen, arrange}: the columns shown now, and how to change them */
export function Columns({ dataset, columns, result, layout, said, overview, range, onInsert, onFilter }) {
  const [open, setOpen] = useState(null);
  const [words, setWords] = useState('');
  const [all, setAll] = useState(false);
  const filled = useMemo(() => result && counts(result), [result]);
  if (columns.error) {
    return h(Problem, { error: columns.error, said, retry: columns.reload });
  }
  if (!columns.value) {
    return h(Skeleton, { lines: 6 });
  }
  const known = columns.value.columns;
  // A result may have columns of its own, about which nothing is known.
  const isOf = (column) => !filled || !result.rows.length || !filled.has(column.name) || filled.get(column.name) > 0;
  const found = known.filter((column) => (all || isOf(column)) && column.name.toLowerCase().includes(words.trim().toLowerCase()));
  const hidden = known.length - known.filter(isOf).length;
  return h('div', { class: 'columns-panel' },
    known.length > 12 && h('input', {
      type: 'search', placeholder: 'Search columns', 'aria-label': 'Search columns', value: words,
      onInput: (event) => setWords(event.target.value),
    }),
    hidden > 0 && h('label', { class: 'note' }, h('input', { type: 'checkbox', checked: !all, onChange: () => setAll(!all) }),
      ` with values in this result (${known.length - hidden} of ${known.length})`),
    layout.isChosen && h('button', { type: 'button', class: 'quiet', onClick: () => layout.arrange({ columns: undefined, pinned: 0 }) }, 'Show the suggested columns'),
    !found.length && h('p', { class: 'note' }, 'No column matches.'),
    h('ul', { class: 'columns' }, found.map((column) => h('li', { key: column.name },
      h('div', { class: 'column' },
        filled?.has(column.name) && h('input', {
          type: 'checkbox', checked: layout.names.includes(column.name), 'aria-label': `Show ${column.name}`, title: 'Show in the records',
          onChange: () => layout.arrange({ columns: toggled(layout.names, column.name) }),
        }),
        h('button', { type: 'button', class: 'quiet name', 'aria-expanded': open === column.name, title: column.name, onClick: () => setOpen(open === column.name ? null : column.name) }, column.name),
        h('span', { class: 'type', title: drift(column) ?? column.type }, column.name === layout.time ? 'time' : column.partition ? 'partition' : typeWord(column),
          drift(column) && h('span', { class: 'mixed', title: drift(column) }, ' mixed')),
        h('button', { type: 'button', class: 'quiet icon', title: `Put ${column.name} into the query`, 'aria-label': `Put ${column.name} into the query`, onClick: () => onInsert(column.name) }, '+')),
      open === column.name && h(Opened, { column, filled, result, layout }),
      open === column.name && h(Profile, { dataset, column, overview, range, onFilter })))));
}

function Opened({ column, filled, result, layout: { names, pinned: count, time, arrange } }) {
  const { name } = column;
  const at = names.indexOf(name);
  return h('div', { class: 'opened' },
    drift(column) && h('p', null, drift(column)),
    filled?.has(name) && h('p', null, `${compact(filled.get(name))} of ${plural(result.rows.length, 'record')} shown have a value.`),
    filled?.has(name) && h('div', { class: 'actions' },
      h('button', { type: 'button', 'aria-pressed': at >= 0 && at < count, onClick: () => arrange(pinned(names, count, name)) }, at >= 0 && at < count ? 'Pinned' : 'Pin'),
      h('button', { type: 'button', disabled: at < 1, 'aria-label': `${name} further left`, onClick: () => arrange({ columns: moved(names, name, -1) }) }, '←'),
      h('button', { type: 'button', disabled: at < 0 || at === names.length - 1, 'aria-label': `${name} further right`, onClick: () => arrange({ columns: moved(names, name, 1) }) }, '→'),
      column.kind !== 'nested' && h('button', { type: 'button', 'aria-pressed': name === time, onClick: () => arrange({ time: name }) }, 'Newest first by this column')));
}

const typeWord = (column) => column.type.length > 14 ? column.kind : column.type.toLowerCase();

/** For objects with different types: each type, the minimum number of objects with it, and the consequence. */
const drift = ({ type, seen }) => seen.length < 2 ? undefined
  : `${seen.map((one) => one.type.toLowerCase() + (one.objects ? ` in ${plural(one.objects, 'object')}` : '')).join(', ')}: ${type.toLowerCase()} in all records, also in those of an export.`;
