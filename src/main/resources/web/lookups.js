// The lookups that a query may join with events, each with its columns.
import { plural } from './format.js';
import { h } from './ui.js';

export function Lookups({ lookups, onInsert }) {
  return lookups.length > 0 && h('details', { class: 'schema' },
    h('summary', null, h('h2', null, 'Lookups'), h('span', { class: 'aside' }, lookups.length)),
    lookups.map((lookup) => h('details', { key: lookup.name, class: 'lookup' },
      h('summary', { title: lookup.file }, h('span', { class: 'name' }, lookup.name),
        h('span', { class: 'aside' }, lookup.problem ? 'broken' : plural(lookup.rows, 'row'))),
      lookup.problem && h('p', { class: 'problem' }, lookup.problem),
      h('ul', { class: 'columns' }, lookup.columns.map((column) => h('li', { key: column.name }, h('div', { class: 'column' },
        h('span', { class: 'name', title: column.name }, column.name),
        h('span', { class: 'type', title: column.type }, column.type.length > 14 ? '…' : column.type.toLowerCase()),
        h('button', { type: 'button', class: 'quiet icon', title: `Put ${lookup.name}.${column.name} into the query`,
          'aria-label': `Put ${lookup.name}.${column.name} into the query`, onClick: () => onInsert(column.name) }, '+'))))))));
}
