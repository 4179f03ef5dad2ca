// One complete record: its fields with their actions, and the empty ones folded.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { actionsOf } from './cell.js';
import { exported, isNested, json } from './exact.js';
import { number, plural, value, visible } from './format.js';
import { Copy, Menu, h } from './ui.js';

export function RecordView({ record, result, row, count, onMove, onFilter, onGroup, onClose }) {
  const root = useRef(null);
  // Immediately: it must receive the next key that the person presses.
  useLayoutEffect(() => root.current.focus({ preventScroll: true }), []);
  const keys = (event) => {
    if (event.target.closest('.menu-list')) {
      return;
    }
    if (event.key === 'Escape') {
      onClose();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      onMove(event.key === 'ArrowDown' ? 1 : -1);
    }
  };
  const { columns } = result;
  const isEmpty = (name) => record[name] === null || record[name] === undefined;
  const empty = columns.filter(isEmpty);
  return h('aside', { class: 'record', ref: root, tabIndex: -1, 'aria-label': 'Record', onKeyDown: keys },
    h('div', { class: 'bar-line' },
      h('strong', null, `Record ${number(row + 1)} of ${number(count)}`),
      h('span', { class: 'space' }),
      h('button', { type: 'button', class: 'quiet', 'aria-label': 'Previous record', onClick: () => onMove(-1) }, '↑'),
      h('button', { type: 'button', class: 'quiet', 'aria-label': 'Next record', onClick: () => onMove(1) }, '↓'),
      h(Copy, { text: () => json(exported(record, result), 2), label: 'Copy JSON' }),
      h('button', { type: 'button', class: 'quiet', onClick: onClose }, 'Close')),
    h('div', { class: 'fields-of-record' }, columns.filter((name) => !isEmpty(name)).map((name) =>
      h(Field, { key: name, name, given: record[name], onFilter, onGroup }))),
    empty.length > 0 && h('details', { class: 'empty' }, h('summary', null, `${plural(empty.length, 'field')} empty`),
      h('p', null, empty.join(', '))));
}

function Field({ name, given, onFilter, onGroup }) {
  const root = useRef(null);
  return h('div', { class: 'field-of-record', ref: root },
    h(Menu, { label: name, title: `${name}: filter, exclude, group, copy` }, (close) => h('ul', null,
      actionsOf(name, given, onFilter, onGroup, () => root.current).map(([action, title, work]) => h('li', { key: action },
        h('button', { type: 'button', class: 'quiet', title, onClick: () => { close(); work(); } }, action))))),
    h('div', { class: 'value' }, isNested(given) ? h(Tree, { given }) : h(Plain, { given })));
}

const Plain = ({ given }) => h('span', { class: kindOf(given) }, visible(value(given)));

const kindOf = (given) => (typeof given === 'string' ? undefined : 'sql-number');

/** A nested value: each level can be folded; large ones start folded. */
function Tree({ given, depth = 0 }) {
  const entries = Object.entries(given);
  const name = Array.isArray(given) ? plural(entries.length, 'item') : plural(entries.length, 'member');
  return h('details', { class: 'tree-of-value', open: depth === 0 && entries.length <= 20 }, h('summary', { class: 'note' }, name),
    h('ul', null, entries.map(([key, item]) => h('li', { key },
      h('span', { class: 'json-key' }, visible(key)), ': ',
      isNested(item) ? h(Tree, { given: item, depth: depth + 1 }) : h(Plain, { given: item })))));
}
