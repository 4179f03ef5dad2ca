// One complete record, as formatted JSON.
import { useEffect, useRef } from 'preact/hooks';
import { json, number } from './format.js';
import { Copy, h } from './ui.js';

export function RecordView({ record, row, count, onMove, onClose }) {
  const root = useRef(null);
  useEffect(() => root.current.focus({ preventScroll: true }), []);
  const keys = (event) => {
    if (event.key === 'Escape') {
      onClose();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      onMove(event.key === 'ArrowDown' ? 1 : -1);
    }
  };
  return h('aside', { class: 'record', ref: root, tabIndex: -1, 'aria-label': 'Record', onKeyDown: keys },
    h('div', { class: 'bar-line' },
      h('strong', null, `Record ${number(row + 1)} of ${number(count)}`),
      h('span', { class: 'space' }),
      h('button', { type: 'button', class: 'quiet', 'aria-label': 'Previous record', onClick: () => onMove(-1) }, '↑'),
      h('button', { type: 'button', class: 'quiet', 'aria-label': 'Next record', onClick: () => onMove(1) }, '↓'),
      h(Copy, { text: () => json(record, 2), label: 'Copy JSON' }),
      h('button', { type: 'button', class: 'quiet', onClick: onClose }, 'Close')),
    h('pre', { class: 'json' }, highlighted(json(record, 2))));
}

/** JSON text with its keys and values told apart; every piece stays text. */
function highlighted(text) {
  const pieces = [];
  let end = 0;
  for (const found of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b/g)) {
    const kind = found[1] ? 'json-key' : found[0].startsWith('"') ? 'sql-string' : 'sql-number';
    pieces.push(text.slice(end, found.index), h('span', { class: kind }, found[0]));
    end = found.index + found[0].length;
  }
  pieces.push(text.slice(end));
  return pieces;
}
