// The records as a table that draws only the visible part, in both directions, so that 100,000 records scroll smoothly.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Cell, ValueMenu } from './cell.js';
import { value } from './format.js';
import { copyText } from './give.js';
import { nextSort, offsetsOf, shortType, sortMark } from './measure.js';
import { h } from './ui.js';

const ROW = 26;
const SPARE_ROWS = 8;
/** This many rows before the end, the grid asks for the next ones. */
const AHEAD = 100;
const NARROWEST = 40;
/** What a key adds to the width of a column. */
const STEP = 20;

/**
 * @param rows those of the result, in the order of `sort`
 * @param chosen the row whose record is shown beside them, or null
 */
export function Grid({ result, rows, sort, onSort, layout, chosen, onRest, onFilter, onGroup, onDrill, onRecord }) {
  const { names: columns, pinned } = layout;
  const types = useMemo(() => columns.map((name) => result.types[result.columns.indexOf(name)]), [columns, result.first]);
  const [view, setView] = useState({ top: 0, left: 0, width: 1200, height: 500 });
  const [cell, setCell] = useState({ row: 0, column: 0 });
  const [menu, setMenu] = useState(null);
  const box = useRef(null);

  const [widths, setWidths] = useState(layout.widths);
  useEffect(() => setWidths(layout.widths), [layout.widths]);
  const offsets = useMemo(() => offsetsOf(columns, types, result.first.rows, view.width, widths), [columns, types, result.first, view.width, widths]);
  useEffect(() => {
    const measure = () => box.current && setView(visible(box.current));
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  // Immediately: later it would undo the person's next action.
  useLayoutEffect(() => {
    box.current.scrollTop = 0;
    setCell((before) => ({ row: 0, column: sort ? Math.min(before.column, columns.length - 1) : 0 }));
    setMenu(null);
  }, [result.first, sort]);
  useLayoutEffect(() => {
    if (chosen !== null) {
      setCell((before) => ({ ...before, row: chosen }));
      reveal(chosen, cell.column);
    }
  }, [chosen]);
  const isNearEnd = (view.top + view.height) / ROW > rows.length - AHEAD;
  useEffect(() => {
    if (onRest && ((isNearEnd && view.top > 0) || sort)) {
      onRest();
    }
  }, [onRest, isNearEnd, view.top > 0, sort]);

  const first = Math.max(Math.floor(view.top / ROW) - SPARE_ROWS, 0);
  const last = Math.min(Math.ceil((view.top + view.height) / ROW) + SPARE_ROWS, rows.length);
  const shownColumns = columns.map((name, at) => at)
    .filter((at) => at < pinned || offsets[at + 1] > view.left - 200 && offsets[at] < view.left + view.width + 200);
  const record = (row) => rows[row];
  // Pinned columns stay in place, but not on a narrow screen, where they would hide all others.
  const stays = offsets[pinned] < view.width * 0.6 ? pinned : 0;
  const place = (at) => ({ left: offsets[at] + (at < stays ? view.left : 0) + 'px', width: offsets[at + 1] - offsets[at] + 'px', zIndex: at < stays ? 1 : undefined });

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
    if (column >= stays && offsets[column] < element.scrollLeft + offsets[stays]) {
      element.scrollLeft = offsets[column] - offsets[stays];
    } else if (offsets[column + 1] > element.scrollLeft + element.clientWidth) {
      element.scrollLeft = offsets[column + 1] - element.clientWidth;
    }
  };
  const resized = (before, at, width) => ({ ...before, [columns[at]]: Math.max(Math.round(width), NARROWEST) });
  const resize = (at, width) => setWidths((before) => resized(before, at, width));
  const drag = (event, at) => {
    event.preventDefault();
    const edge = event.currentTarget;
    const start = event.clientX - (offsets[at + 1] - offsets[at]);
    edge.setPointerCapture(event.pointerId);
    edge.onpointermove = (move) => resize(at, move.clientX - start);
    edge.onpointerup = () => {
      edge.onpointermove = edge.onpointerup = null;
      setWidths((now) => {
        layout.arrange({ widths: now });
        return now;
      });
    };
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
    if (event.shiftKey && step?.[1]) {
      event.preventDefault();
      const now = resized(widths, cell.column, offsets[cell.column + 1] - offsets[cell.column] + step[1] * STEP);
      setWidths(now);
      layout.arrange({ widths: now });
    } else if (step) {
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
      onRecord(cell.row);
    } else if (event.key.toLowerCase() === 's' && !event.ctrlKey && !event.metaKey && !event.altKey) {
      onSort(nextSort(sort, columns[cell.column]));
    } else if (event.key.toLowerCase() === 'c' && getSelection().isCollapsed) {
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
      class: at < stays ? 'pinned' : undefined,
      tabIndex: -1,
      style: place(at),
      title: `${columns[at]} ${types[at]}: sort`,
      'aria-sort': sort?.column === columns[at] ? (sort.down ? 'descending' : 'ascending') : 'none',
      onClick: () => onSort(nextSort(sort, columns[at])),
    }, h('span', { class: 'name' }, columns[at]), h('span', { class: 'type' }, sortMark(sort, columns[at]) || shortType(types[at])),
      h('span', { class: 'edge', title: 'Drag for the width, or Shift and an arrow', onPointerDown: (event) => drag(event, at), onClick: (event) => event.stopPropagation() })))),
  h('div', { class: 'grid-body', role: 'rowgroup', style: { height: rows.length * ROW + 'px', width: offsets[columns.length] + 'px' } },
    Array.from({ length: Math.max(last - first, 0) }, (_, index) => first + index).map((row) =>
      h('div', { key: row, class: row % 2 ? 'row odd' : 'row', role: 'row', 'aria-selected': chosen === null ? undefined : row === chosen, 'aria-rowindex': row + 2, style: { top: row * ROW + 'px' } },
        shownColumns.map((at) => h(Cell, {
          key: at,
          id: `cell-${row}-${at}`,
          given: record(row)[columns[at]],
          style: place(at),
          pinned: at < stays,
          current: row === cell.row && at === cell.column,
          onClick: () => open(row, at),
          onDblClick: () => onRecord(row),
        })))),
    // A grid may contain only rows of cells.
    menu && h('div', { role: 'row' }, h('div', { role: 'gridcell' }, h(ValueMenu, {
      column: columns[menu.column],
      given: record(menu.row)[columns[menu.column]],
      style: {
        top: Math.min((menu.row + 1) * ROW, Math.max(rows.length * ROW - 40, ROW)) + 'px',
        left: Math.max(Math.min(offsets[menu.column], view.left + view.width - 400), view.left + 4) + 'px',
      },
      onFilter, onGroup, onClose: close, onDrill: onDrill && (() => onDrill(record(menu.row))), onRecord: () => onRecord(menu.row),
    })))));
}

const visible = (element) => ({
  top: element.scrollTop, left: element.scrollLeft, width: element.clientWidth, height: element.clientHeight });
