// The records as a table that draws only the visible part, in both directions, so that 100,000 records scroll smoothly.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { json, value } from './format.js';
import { comparable } from './sql.js';
import { copyText, h } from './ui.js';

const ROW = 26;
const SPARE_ROWS = 8;
const NARROW = 72;
const WIDE = 420;
const PER_CHARACTER = 7.7;
const LONGEST_CELL = 300;

export function Grid({ result, onFilter, onGroup, onRecord }) {
  const { columns, types, rows } = result;
  const [view, setView] = useState({ top: 0, left: 0, width: 1200, height: 500 });
  const [sort, setSort] = useState(null);
  const [cell, setCell] = useState({ row: 0, column: 0 });
  const [menu, setMenu] = useState(null);
  const box = useRef(null);

  const order = useMemo(() => sorted(rows, sort), [rows, sort]);
  const offsets = useMemo(() => offsetsOf(columns, types, rows, view.width), [columns, types, rows, view.width]);
  useEffect(() => {
    const measure = () => box.current && setView(visible(box.current));
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  // Immediately: later it would undo what the person has done in the meantime.
  useLayoutEffect(() => {
    box.current.scrollTop = 0;
    setCell({ row: 0, column: 0 });
    setMenu(null);
  }, [rows, sort]);

  const first = Math.max(Math.floor(view.top / ROW) - SPARE_ROWS, 0);
  const last = Math.min(Math.ceil((view.top + view.height) / ROW) + SPARE_ROWS, rows.length);
  const shownColumns = columns.map((name, at) => at)
    .filter((at) => offsets[at + 1] > view.left - 200 && offsets[at] < view.left + view.width + 200);
  const record = (row) => rows[order ? order[row] : row];
  const place = (at) => ({ left: offsets[at] + 'px', width: offsets[at + 1] - offsets[at] + 'px' });

  const open = (row, column) => {
    setCell({ row, column });
    setMenu({ row, column });
  };
  const reveal = (row, column) => {
    const element = box.current;
    if (row * ROW < element.scrollTop) {
      element.scrollTop = row * ROW;
    } else if ((row + 3) * ROW > element.scrollTop + element.clientHeight) {
      element.scrollTop = (row + 3) * ROW - element.clientHeight;
    }
    if (offsets[column] < element.scrollLeft) {
      element.scrollLeft = offsets[column];
    } else if (offsets[column + 1] > element.scrollLeft + element.clientWidth) {
      element.scrollLeft = offsets[column + 1] - element.clientWidth;
    }
  };
  const keys = (event) => {
    if (event.target !== box.current) {
      return;
    }
    const page = Math.floor(view.height / ROW) - 2;
    const step = {
      ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1],
      PageDown: [page, 0], PageUp: [-page, 0], Home: [-rows.length, 0], End: [rows.length, 0],
    }[event.key];
    if (step) {
      event.preventDefault();
      const row = Math.min(Math.max(cell.row + step[0], 0), rows.length - 1);
      const column = Math.min(Math.max(cell.column + step[1], 0), columns.length - 1);
      setCell({ row, column });
      setMenu(null);
      reveal(row, column);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      setMenu(cell);
    } else if (event.key === ' ') {
      event.preventDefault();
      onRecord(record(cell.row), cell.row);
    } else if (event.key.toLowerCase() === 'c') {
      copyText(value(record(cell.row)[columns[cell.column]]));
    } else if (event.key === 'Escape') {
      setMenu(null);
    }
  };
  const close = () => {
    setMenu(null);
    box.current.focus({ preventScroll: true });
  };

  return h('div', {
    class: 'grid',
    ref: box,
    role: 'grid',
    tabIndex: 0,
    'aria-label': 'Records',
    'aria-rowcount': rows.length + 1,
    'aria-colcount': columns.length,
    'aria-activedescendant': `cell-${cell.row}-${cell.column}`,
    onScroll: (event) => setView(visible(event.currentTarget)),
    onKeyDown: keys,
  },
  h('div', { class: 'grid-head', role: 'row', 'aria-rowindex': 1, style: { width: offsets[columns.length] + 'px' } }, shownColumns.map((at) =>
    h('button', {
      key: at,
      type: 'button',
      role: 'columnheader',
      tabIndex: -1,
      style: place(at),
      title: `${columns[at]} ${types[at]}: sort`,
      'aria-sort': sort?.column === columns[at] ? (sort.down ? 'descending' : 'ascending') : 'none',
      onClick: () => setSort(nextSort(sort, columns[at])),
    }, h('span', { class: 'name' }, columns[at]), h('span', { class: 'type' }, sortMark(sort, columns[at]) || shortType(types[at]))))),
  h('div', { class: 'grid-body', role: 'rowgroup', style: { height: rows.length * ROW + 'px', width: offsets[columns.length] + 'px' } },
    Array.from({ length: Math.max(last - first, 0) }, (_, index) => first + index).map((row) =>
      h('div', { key: row, class: row % 2 ? 'row odd' : 'row', role: 'row', 'aria-rowindex': row + 2, style: { top: row * ROW + 'px' } },
        shownColumns.map((at) => h(Cell, {
          key: at,
          id: `cell-${row}-${at}`,
          given: record(row)[columns[at]],
          style: place(at),
          current: row === cell.row && at === cell.column,
          onClick: () => open(row, at),
          onDblClick: () => onRecord(record(row), row),
        })))),
    // A grid may contain only rows of cells.
    menu && h('div', { role: 'row' }, h('div', { role: 'gridcell' }, h(ValueMenu, {
      column: columns[menu.column],
      given: record(menu.row)[columns[menu.column]],
      style: {
        top: Math.min((menu.row + 1) * ROW, Math.max(rows.length * ROW - 40, ROW)) + 'px',
        left: Math.max(Math.min(offsets[menu.column], view.left + view.width - 400), view.left + 4) + 'px',
      },
      onFilter, onGroup, onClose: close, onRecord: () => onRecord(record(menu.row), menu.row),
    })))));
}

function Cell({ id, given, style, current, onClick, onDblClick }) {
  const text = value(given);
  const kind = given === null || given === undefined ? ' null' : typeof given === 'number' || typeof given === 'bigint' ? ' number' : '';
  return h('div', { id, class: `cell${kind}${current ? ' current' : ''}`, role: 'gridcell', style, onClick, onDblClick },
    text.length > LONGEST_CELL ? text.slice(0, LONGEST_CELL) + '…' : text);
}

/** What one can do with a value, and all of it where it was cut. */
function ValueMenu({ column, given, style, onFilter, onGroup, onRecord, onClose }) {
  const root = useRef(null);
  useEffect(() => {
    root.current.querySelector('button').focus({ preventScroll: true });
    const elsewhere = (event) => !root.current?.contains(event.target) && onClose();
    document.addEventListener('pointerdown', elsewhere);
    return () => document.removeEventListener('pointerdown', elsewhere);
  }, []);
  // Not below the visible part.
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
      comparable(given) && h('button', { type: 'button', onClick: act(() => onFilter(column, given, true)) }, 'Filter'),
      comparable(given) && h('button', { type: 'button', onClick: act(() => onFilter(column, given, false)) }, 'Exclude'),
      h('button', { type: 'button', onClick: act(() => onGroup(column)) }, 'Group by'),
      h('button', { type: 'button', onClick: act(() => copyText(value(given))) }, 'Copy'),
      h('button', { type: 'button', onClick: act(onRecord) }, 'Record')),
    h('pre', null, typeof given === 'object' && given !== null ? json(given, 2) : value(given)));
}

const visible = (element) => ({
  top: element.scrollTop, left: element.scrollLeft, width: element.clientWidth, height: element.clientHeight });

/** Where each column begins; the last one ends at the edge at least. */
function offsetsOf(columns, types, rows, width) {
  const sample = rows.slice(0, 50);
  const offsets = [0];
  columns.forEach((name, at) => {
    const head = name.length + shortType(types[at]).length + 4;
    const longest = Math.max(head, ...sample.map((row) => Math.min(value(row[name]).length, 60)));
    offsets.push(offsets[at] + Math.round(Math.min(Math.max(longest * PER_CHARACTER + 18, NARROW), WIDE)));
  });
  offsets[columns.length] = Math.max(offsets[columns.length], width);
  return offsets;
}

const shortType = (type = '') => (type.length > 12 ? type.replace(/[(<].*/s, '').replace(/ WITH.*/, ' TZ').slice(0, 12) : type).toLowerCase();
const sortMark = (sort, column) => (sort?.column === column ? (sort.down ? '↓' : '↑') : '');

function nextSort(sort, column) {
  if (sort?.column !== column) {
    return { column, down: false };
  }
  return sort.down ? null : { column, down: true };
}

/** The order of the rows, nulls last; null: as they came. */
function sorted(rows, sort) {
  if (!sort) {
    return null;
  }
  const order = Array.from(rows, (_, at) => at);
  const direction = sort.down ? -1 : 1;
  const key = (at) => {
    const given = rows[at][sort.column];
    return given !== null && typeof given === 'object' ? value(given) : given;
  };
  return order.sort((one, other) => {
    const a = key(one);
    const b = key(other);
    const empty = (a === null || a === undefined) - (b === null || b === undefined);
    return empty || (a < b ? -direction : a > b ? direction : one - other);
  });
}
