// Counts over time and top values of the records shown, as plain SVG.
import { useMemo, useState } from 'preact/hooks';
import { compact, number, plural, time, value } from './format.js';
import { State, h } from './ui.js';

const BUCKETS = 60;
const MOST_VALUES = 12;
const STEPS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400, 604800, 2592000].map((seconds) => seconds * 1000);

export function Chart({ result, onFilter }) {
  const { columns, types, rows, truncated } = result;
  const times = columns.filter((name, at) => /^(TIMESTAMP|DATE)/.test(types[at]));
  const [timeColumn, setTimeColumn] = useState(times[0]);
  const [column, setColumn] = useState(() => columns.find((name, at) => /VARCHAR/.test(types[at])) ?? columns[0]);
  const chosenTime = times.includes(timeColumn) ? timeColumn : times[0];
  const chosen = columns.includes(column) ? column : columns[0];
  const counts = useMemo(() => (chosenTime ? overTime(rows, chosenTime) : null), [rows, chosenTime]);
  const top = useMemo(() => topValues(rows, chosen), [rows, chosen]);

  if (!rows.length) {
    return h(State, { title: 'No records, so no chart.' });
  }
  return h('div', { class: 'chart' },
    truncated && h('p', { class: 'note' }, `Of the first ${number(rows.length)} records; group in SQL to count all.`),
    h('section', null,
      h('h3', null, 'Records over time (UTC) by ', h(Choice, { label: 'Time column', options: times, chosen: chosenTime, onChoose: setTimeColumn })),
      counts ? h(Bars, { counts }) : h('p', { class: 'note' }, 'The result has no time column.')),
    h('section', null,
      h('h3', null, 'Top values of ', h(Choice, { label: 'Column', options: columns, chosen, onChoose: setColumn })),
      h('ul', { class: 'bars' }, top.list.map(([given, count]) => h('li', { key: value(given) },
        h('button', { type: 'button', class: 'quiet', title: 'Filter by this value', onClick: () => onFilter(chosen, given, true) },
          h('span', { class: 'fill', style: { width: `${count / top.list[0][1] * 100}%` } }),
          h('span', { class: 'name' }, value(given)),
          h('span', { class: 'aside' }, number(count)))))),
      h('p', { class: 'note' }, `${plural(top.distinct, 'distinct value')}`)));
}

const Choice = ({ label, options, chosen, onChoose }) => options.length < 2 ? h('b', null, chosen ?? '–')
  : h('select', { 'aria-label': label, value: chosen, onChange: (event) => onChoose(event.target.value) },
    options.map((name) => h('option', { key: name, value: name }, name)));

function Bars({ counts }) {
  const most = Math.max(...counts.buckets, 1);
  const width = 1000 / counts.buckets.length;
  return h('div', { class: 'over-time' },
    h('div', { class: 'most', 'aria-hidden': 'true' }, compact(most)),
    h('svg', { viewBox: '0 0 1000 160', preserveAspectRatio: 'none', role: 'img', 'aria-label': `Records over time, at most ${most} in ${counts.stepText}` },
      counts.buckets.map((count, at) => {
        const height = count / most * 158;
        const from = new Date(counts.first + at * counts.step).toISOString();
        return h('rect', { key: at, class: 'bar in', x: at * width + width * 0.06, width: width * 0.88, y: 160 - height, height },
          h('title', null, `${time(from)}: ${number(count)}`));
      })),
    h('div', { class: 'axis', 'aria-hidden': 'true' },
      h('span', null, time(new Date(counts.first).toISOString())),
      h('span', null, `one bar: ${counts.stepText}`),
      h('span', null, time(new Date(counts.first + counts.buckets.length * counts.step).toISOString()))));
}

function overTime(rows, column) {
  const moments = rows.map((row) => Date.parse(row[column])).filter(Number.isFinite);
  if (!moments.length) {
    return null;
  }
  let low = Infinity;
  let high = -Infinity;
  for (const moment of moments) {
    low = Math.min(low, moment);
    high = Math.max(high, moment);
  }
  const step = STEPS.find((size) => (high - low) / size < BUCKETS) ?? Math.ceil((high - low) / BUCKETS / 86400000) * 86400000;
  const first = Math.floor(low / step) * step;
  const buckets = new Array(Math.floor((high - first) / step) + 1).fill(0);
  for (const moment of moments) {
    buckets[Math.floor((moment - first) / step)]++;
  }
  return { first, step, buckets, stepText: stepText(step / 1000) };
}

function stepText(seconds) {
  const [size, unit] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']].find(([length]) => seconds % length === 0);
  return plural(seconds / size, unit);
}

function topValues(rows, column) {
  const counts = new Map();
  for (const row of rows) {
    const given = row[column];
    const key = given !== null && typeof given === 'object' ? value(given) : given ?? null;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return { distinct: counts.size, list: [...counts].sort((one, other) => other[1] - one[1]).slice(0, MOST_VALUES) };
}
