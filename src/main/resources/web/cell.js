// A value in the records, and the actions for it.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { isNested, isNumber, readable } from './exact.js';
import { value, visible } from './format.js';
import { copyText } from './give.js';
import { comparable } from './sql.js';
import { h } from './ui.js';

const LONGEST_CELL = 300;

export function Cell({ id, given, style, current, pinned, onClick, onDblClick }) {
  // Records leave out null.
  const text = given === undefined ? '' : value(given);
  const kind = given === null || given === undefined ? ' null' : isNumber(given) ? ' number' : '';
  return h('div', { id, class: `cell${kind}${current ? ' current' : ''}${pinned ? ' pinned' : ''}`, role: 'gridcell', style, onClick, onDblClick },
    visible(text.length > LONGEST_CELL ? text.slice(0, LONGEST_CELL) + '…' : text));
}

/** The actions for a value, as [name, title, work]; "contains" uses the selected text in the element from `within`. */
export function actionsOf(column, given, onFilter, onGroup, within) {
  const isNothing = given === null || given === undefined;
  const selected = () => {
    const selection = getSelection();
    return within()?.contains(selection.anchorNode) ? String(selection).trim() : '';
  };
  return [
    comparable(given) && ['Filter', undefined, () => onFilter(column, given)],
    comparable(given) && ['Exclude', undefined, () => onFilter(column, given, 'is not')],
    !isNothing && ['Contains', 'the text that is selected, or all of it', () => onFilter(column, selected() || value(given), 'contains')],
    comparable(given) && !isNothing && typeof given !== 'boolean' && ['≥', 'this or more, or later', () => onFilter(column, given, '>=')],
    comparable(given) && !isNothing && typeof given !== 'boolean' && ['≤', 'this or less, or earlier', () => onFilter(column, given, '<=')],
    ['Group by', undefined, () => onGroup(column)],
    ['Copy', undefined, () => copyText(value(given))],
  ].filter(Boolean);
}

/** The actions for a value, and its whole text if it was cut. */
export function ValueMenu({ column, given, style, onFilter, onGroup, onRecord, onDrill, onClose }) {
  const root = useRef(null);
  useEffect(() => {
    root.current.querySelector('button').focus({ preventScroll: true });
    const elsewhere = (event) => !root.current?.contains(event.target) && onClose();
    document.addEventListener('pointerdown', elsewhere);
    return () => document.removeEventListener('pointerdown', elsewhere);
  }, []);
  // Keeps it above the lower edge of the visible part.
  useLayoutEffect(() => {
    const grid = root.current.closest('.grid');
    const below = root.current.getBoundingClientRect().bottom - grid.getBoundingClientRect().top - grid.clientHeight;
    if (below > 0) {
      root.current.style.top = `${parseFloat(style.top) - below - 4}px`;
    }
  }, []);
  const act = (work) => () => {
    onClose();
    work();
  };
  const keys = (event) => {
    const buttons = [...root.current.querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      buttons[(at + step + buttons.length) % buttons.length].focus();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    }
  };
  return h('div', { class: 'value-menu', ref: root, style, role: 'dialog', 'aria-label': `Value of ${column}`, onKeyDown: keys, onClick: (event) => event.stopPropagation() },
    h('div', { class: 'actions' },
      actionsOf(column, given, onFilter, onGroup, () => root.current).map(([name, title, work]) =>
        h('button', { key: name, type: 'button', title, onClick: act(work) }, name)),
      onDrill && h('button', { type: 'button', onClick: act(onDrill) }, 'Its records'),
      h('button', { type: 'button', onClick: act(onRecord) }, 'Record')),
    h('pre', null, visible(isNested(given) ? readable(given, 2) : value(given))));
}
