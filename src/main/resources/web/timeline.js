// The dataset's partitions over time. Drag over them, or use the two fields, to choose which objects a query reads.
import { useMemo, useRef, useState } from 'preact/hooks';
import { bytes, plural, time, zoneName } from './format.js';
import { momentOf } from './moment.js';
import { h } from './ui.js';
import { Written } from './written.js';

const WIDTH = 1000;
const HEIGHT = 48;

/** The range of a place, in words. */
export function rangeText(range, newest) {
  if (range.from === 'all') {
    return 'all partitions';
  }
  if (!range.from && !range.to) {
    return newest ? `newest partition, ${time(newest.from)} ${zoneName(newest.from)}` : 'newest partition';
  }
  return `${range.from ? time(range.from) : 'the beginning'} to ${range.to ? time(range.to) : 'now'} ${zoneName(range.from)}`;
}

export function Timeline({ overview, range, onRange }) {
  const { partitions, newest } = overview;
  const [drag, setDrag] = useState(null);
  const svg = useRef(null);
  const scale = useMemo(() => scaleOf(partitions), [partitions]);
  if (!scale) {
    return h('p', { class: 'note' }, 'No partition has a date, so every query reads all objects.');
  }

  const at = (event) => {
    const box = svg.current.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    return scale.first + share * (scale.last - scale.first);
  };
  const down = (event) => {
    svg.current.setPointerCapture(event.pointerId);
    setDrag([at(event), at(event)]);
  };
  const up = () => {
    if (drag) {
      onRange(touched(partitions, Math.min(...drag), Math.max(...drag)));
      setDrag(null);
    }
  };

  const shown = drag ? { from: Math.min(...drag), to: Math.max(...drag) } : chosenTimes(range, newest, scale);
  const inside = partitions.filter((part) => Date.parse(part.to) > shown.from && Date.parse(part.from) < shown.to);
  const objects = inside.reduce((sum, part) => sum + part.objects, 0);
  const size = inside.reduce((sum, part) => sum + part.bytes, 0);
  const most = Math.max(...partitions.map((part) => part.bytes), 1);
  const x = (moment) => (moment - scale.first) / (scale.last - scale.first) * WIDTH;

  return h('div', { class: 'timeline' },
    h('svg', {
      ref: svg,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `Partitions from ${time(overview.first)} to ${time(overview.last)} ${zoneName()}; chosen: ${rangeText(range, newest)}`,
      onPointerDown: down,
      onPointerMove: (event) => drag && setDrag([drag[0], at(event)]),
      onPointerUp: up,
      onPointerCancel: () => setDrag(null),
    },
    h('rect', { class: 'chosen', x: x(shown.from), width: Math.max(x(shown.to) - x(shown.from), 2), y: 0, height: HEIGHT }),
    partitions.map((part) => {
      const left = x(Date.parse(part.from));
      const height = Math.max(part.bytes / most * (HEIGHT - 6), 2);
      const width = Math.max(x(Date.parse(part.to)) - left - 1, 1.5);
      return h('rect', { key: part.from, class: inside.includes(part) ? 'bar in' : 'bar', x: left, width, y: HEIGHT - height, height },
        h('title', null, `${time(part.from)} ${zoneName(part.from)}: ${plural(part.objects, 'object')}, ${bytes(part.bytes)}`));
    })),
    h('div', { class: 'axis', 'aria-hidden': 'true' }, h('span', null, time(overview.first)), h('span', null, `drag to pick partitions (${zoneName()})`), h('span', null, time(scale.last))),
    h('div', { class: 'range' },
      h('button', { type: 'button', 'aria-pressed': !range.from && !range.to, onClick: () => onRange({}) }, 'Newest'),
      h('button', { type: 'button', 'aria-pressed': isLastDay(range, scale), onClick: () => onRange(lastDay(scale)) }, 'Last day'),
      h('button', { type: 'button', 'aria-pressed': range.from === 'all', onClick: () => onRange({ from: 'all' }) }, 'All'),
      h(Moment, { label: 'from', value: shown.from, onChange: (from) => onRange({ from, to: iso(shown.to) }) }),
      h(Moment, { label: 'to', value: shown.to, onChange: (to) => onRange({ from: iso(shown.from), to }) }),
      h('span', { class: 'aside', role: 'status' }, `${plural(objects, 'object')}, ${bytes(size)} chosen`)));
}

/** A time as text, because a browser's own field follows its locale. */
function Moment({ label, value, onChange }) {
  const written = (text) => {
    const moment = momentOf(text);
    return moment === undefined ? 'Not a time. Write 2026-11-20 14:00.' : onChange(iso(moment));
  };
  return h('label', null, label, ' ', h(Written, {
    'aria-label': `${label}, ${zoneName()}, as 2026-11-20 14:00`, title: `${zoneName()}, as 2026-11-20 14:00`, shown: time(value), onWritten: written,
  }));
}

const iso = (moment) => new Date(Math.round(moment)).toISOString().replace('.000Z', 'Z');
const lastDay = (scale) => ({ from: iso(scale.last - 86400000), to: iso(scale.last) });
const isLastDay = (range, scale) => range.from === lastDay(scale).from && range.to === lastDay(scale).to;

function scaleOf(partitions) {
  const dated = partitions.filter((part) => part.from && part.to);
  if (!dated.length) {
    return null;
  }
  return {
    first: Math.min(...dated.map((part) => Date.parse(part.from))),
    last: Math.max(...dated.map((part) => Date.parse(part.to))),
  };
}

/** The range of the partitions under the dragged part. */
function touched(partitions, from, to) {
  const inside = partitions.filter((part) => Date.parse(part.to) > from && Date.parse(part.from) <= to);
  if (!inside.length) {
    return { from: iso(from), to: iso(to + 1000) };
  }
  return { from: inside[0].from, to: inside[inside.length - 1].to };
}

/** {from, to} in milliseconds of what is read; undefined where no partition has a date. */
export function spanOf({ partitions, newest }, range) {
  const scale = scaleOf(partitions);
  return scale && chosenTimes(range, newest, scale);
}

/** The range with the partitions of a window of time, unless those that are read have it or there are none. */
export function covering(overview, range, window) {
  const span = spanOf(overview, range);
  if (!window || !span || ((window.from ?? span.from) >= span.from && (window.to ?? span.to) <= span.to && (window.to !== undefined || window.from < span.to))) {
    return range;
  }
  const [from, to] = [window.from ?? -Infinity, window.to ?? Infinity];
  return overview.partitions.some((part) => Date.parse(part.to) > from && Date.parse(part.from) <= to) ? touched(overview.partitions, from, to) : range;
}

function chosenTimes(range, newest, scale) {
  if (range.from === 'all') {
    return { from: scale.first, to: scale.last };
  }
  if (!range.from && !range.to) {
    return newest?.from ? { from: Date.parse(newest.from), to: Date.parse(newest.to) } : { from: scale.first, to: scale.last };
  }
  return {
    from: range.from ? Date.parse(range.from) : scale.first,
    to: range.to ? Date.parse(range.to) : scale.last,
  };
}
