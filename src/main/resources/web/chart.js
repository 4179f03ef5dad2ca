// The result as a chart, in plain SVG: over time, or the values with the most. What it plots is in the link.
import { useMemo } from 'preact/hooks';
import { RECORDS, chosen, overTime, topOf } from './chart-data.js';
import { compact, number, plural, time, value, zoneName } from './format.js';
import { State, h } from './ui.js';

const HEIGHT = 160;
const KINDS = [['bars', 'bars'], ['lines', 'lines'], ['top', 'top values']];
const NO_SERIES = '';

/** @param onChange gets {kind, x, y, series}, what of it is undefined is guessed */
export function Chart({ result, grouped, wanted, onChange, onFilter }) {
  const { columns, rows, truncated } = result;
  const chart = useMemo(() => chosen(result, grouped, wanted), [result, grouped, wanted]);
  const { kind, x, y, series, times, numbers } = chart;
  const drawn = useMemo(() => (kind === 'top' ? topOf(rows, x, y[0]) : overTime(rows, chart, kind === 'bars')), [rows, chart]);
  if (!rows.length) {
    return h(State, { title: 'No records, so no chart.' });
  }
  const change = (next) => onChange({ kind, x, y, series: series ?? NO_SERIES, ...next });
  const words = (name) => name || 'number of records';
  const of = y.map((name) => (name === RECORDS ? 'Records' : `Sum of ${name}`)).join(', ');
  return h('div', { class: 'chart' },
    h('div', { class: 'bar-line note' },
      h(Choice, { label: 'Kind', options: KINDS, chosen: kind, onChoose: (next) => onChange({ y, kind: next }) }), 'of',
      y.map((name, at) => h(Choice, { key: at, label: at ? `Measure ${at + 1}` : 'Measure', options: [RECORDS, ...numbers].map((one) => [one, words(one)]), chosen: name, onChoose: (next) => change({ y: y.with(at, next) }) })),
      kind !== 'top' && numbers.length > y.length && h('button', { type: 'button', class: 'quiet', onClick: () => change({ y: [...y, numbers.find((name) => !y.includes(name))], series: NO_SERIES }) }, '+ measure'),
      y.length > 1 && h('button', { type: 'button', class: 'quiet', onClick: () => change({ y: y.slice(0, -1) }) }, '− measure'), 'by',
      h(Choice, { label: kind === 'top' ? 'Column' : 'Time column', options: (kind === 'top' ? columns : times.length ? times : columns).map((one) => [one, one]), chosen: x, onChoose: (next) => change({ x: next }) }),
      kind !== 'top' && y.length === 1 && h(Choice, { label: 'Series', options: [[NO_SERIES, 'in one series'], ...columns.filter((name) => name !== x).map((name) => [name, `a series for each ${name}`])], chosen: series ?? NO_SERIES, onChoose: (next) => change({ series: next }) }),
      truncated && h('span', null, `of the first ${number(rows.length)} records; group in SQL to count all.`)),
    kind === 'top' ? h(Top, { drawn, of, x, onFilter })
      : drawn ? h(OverTime, { drawn, of, kind }) : h('p', { class: 'note' }, 'The column has no times. Choose top values, or another column.'));
}

const Choice = ({ label, options, chosen: name, onChoose }) =>
  h('select', { 'aria-label': label, value: name, onChange: (event) => onChoose(event.target.value) },
    options.map(([id, words]) => h('option', { key: id, value: id }, words)));

function Top({ drawn, of, x, onFilter }) {
  const most = drawn.list[0][1] || 1;
  return h('section', null,
    h('h3', null, `${of} by ${x}`),
    h('ul', { class: 'bars' }, drawn.list.map(([given, sum]) => h('li', { key: value(given) },
      h('button', { type: 'button', class: 'quiet', title: 'Filter by this value', onClick: () => onFilter(x, given) },
        h('span', { class: 'fill', style: { width: `${Math.max(sum / most * 100, 0)}%` } }),
        h('span', { class: 'name' }, value(given)),
        h('span', { class: 'aside' }, number(sum)))))),
    h('p', { class: 'note' }, plural(drawn.distinct, 'distinct value')));
}

function OverTime({ drawn: { first, last, step, stepText, series, most }, of, kind }) {
  const length = series[0].sums.length;
  const width = 1000 / length;
  const y = (sum) => HEIGHT - Math.max(sum / most * (HEIGHT - 2), 0);
  const under = (at, which) => series.slice(0, which).reduce((sum, { sums }) => sum + Math.max(sums[at], 0), 0);
  const moments = Array.from({ length }, (_, at) => at);
  return h('section', { class: 'over-time' },
    h('h3', null, `${of} over time (${zoneName(first)})`),
    h('div', { class: 'plot' },
      h('div', { class: 'most', 'aria-hidden': 'true' }, compact(most)),
      h('svg', { viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${of} over time, at most ${number(most)} in ${stepText}` },
        kind === 'lines'
          ? series.map(({ name, sums }, which) => h('polyline', { key: name, class: `line s${which}`, points: sums.map((sum, at) => `${(at + 0.5) * width},${y(sum)}`).join(' ') }))
          : series.flatMap(({ name, sums }, which) => sums.map((sum, at) => sum > 0 && h('rect', {
            key: `${name}${at}`, class: `bar s${which}`, x: at * width + width * 0.06, width: width * 0.88, y: y(sum + under(at, which)), height: HEIGHT - y(sum),
          }))),
        moments.map((at) => h('rect', { key: at, class: 'hit', x: at * width, width, y: 0, height: HEIGHT },
          h('title', null, [time(first + at * step), ...series.map(({ name, sums }) => `${name}: ${number(sums[at])}`)].join('\n')))))),
    h('div', { class: 'axis', 'aria-hidden': 'true' }, h('span', null, time(first)), h('span', null, `one bar: ${stepText}`.replace('bar', kind === 'lines' ? 'point' : 'bar')), h('span', null, time(last))),
    series.length > 1 && h('ul', { class: 'legend' }, series.map(({ name }, which) => h('li', { key: name }, h('svg', { viewBox: '0 0 10 10', 'aria-hidden': 'true' }, h('rect', { class: `bar s${which}`, width: 10, height: 10 })), ` ${name}`))));
}
