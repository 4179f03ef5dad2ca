// Columns: {name, cell(row, open)}, and their kind: head, number, text.
import { h } from './ui.js';

/**
 * On a phone every row is a card.
 *
 * @param label lets the keyboard scroll a table without links
 */
export function Table({ columns, rows, id, open, label }) {
  return h('div', { class: 'wide', ...(label && { role: 'region', 'aria-label': label, tabIndex: 0 }) }, h('table', null,
    h('thead', null, h('tr', null, columns.map(({ name, number: right }) =>
      h('th', { key: name, scope: 'col', class: right && 'number' }, name)))),
    h('tbody', null, rows.map((row) => h('tr', { key: id(row), class: row === open ? 'open' : undefined },
      columns.map((column) => h(Cell, { key: column.name, column, row, open: row === open })))))));
}

function Cell({ column: { name, head, number: right, text, cell }, row, open }) {
  const content = cell(row, open);
  return h(head ? 'th' : 'td', {
    scope: head && 'row',
    'data-name': name,
    class: right ? 'number' : text && 'cut',
    title: text && typeof content === 'string' ? content : undefined,
  }, content);
}
