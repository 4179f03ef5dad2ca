// The result over time and by value, as plain SVG: its number column if each row is a group, otherwise the number of
// records.
import { useMemo, useState } from 'preact/hooks';
import { compact, number, plural, time, value } from './format.js';
import { State, h } from './ui.js';

/** Means the number of records, beside the names of columns. */
const RECORDS = '';
const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL)/;
const BUCKETS = 60;
const MOST_VALUES = 12;
const STEPS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400, 604800, 2592000].map((seconds) => seconds * 1000);

export function Chart({ result, grouped, onFilter }) {
  const { columns, types, rows, truncated } = result;
  const times = columns.filter((name, at) => /^(TIMESTAMP|DATE)/.test(types[at]));
  const numbers = columns.filter((name, at) => NUMBERS.test(types[at]));
  const [timeColumn, setTimeColumn] = useState();
  const [column, setColumn] = useState();
  const [measure, setMeasure] = useState();
  const chosenTime = times.includes(timeColumn) ? timeColumn : times[0];
  const chosen = columns.includes(column) ? column
    : columns.find((name, at) => /VARCHAR/.test(types[at])) ?? columns.find((name) => name !== chosenTime && !numbers.includes(name)) ?? columns[0];
  const chosenMeasure = measure === RECORDS || numbers.includes(measure) ? measure
    : grouped ? numbers.find((name) => name !== chosen) ?? RECORDS : RECORDS;
  const sums = useMemo(() => (chosenTime ? overTime(rows, chosenTime, chosenMeasure) : null), [rows, chosenTime, chosenMeasure]);
  const top = useMemo(() => topValues(rows, chosen, chosenMeasure), [rows, chosen, chosenMeasure]);

  if (!rows.length) {
    return h(State, { title: 'No records, so no chart.' });
  }
  const of = chosenMeasure === RECORDS ? 'Records' : `Sum of ${chosenMeasure}`;
  return h('div', { class: 'chart' },
    h('p', { class: 'note' }, 'Shows ',
      h(Choice, { label: 'Measure', options: [RECORDS, ...numbers], names: (name) => name || 'number of records', chosen: chosenMeasure, onChoose: setMeasure }),
      truncated && ` of the first ${number(rows.length)} records; group in SQL to count all.`),
    h('section', null,
      h('h3', null, `${of} over time (UTC) by `, h(Choice, { label: 'Time column', options: times, chosen: chosenTime, onChoose: setTimeColumn })),
      sums ? h(Bars, { sums, of }) : h('p', { class: 'note' }, 'The result has no time column.')),
    h('section', null,
      h('h3', null, `${of} by `, h(Choice, { label: 'Column', options: columns, chosen, onChoose: setColumn })),
      h('ul', { class: 'bars' }, top.list.map(([given, sum]) => h('li', { key: value(given) },
        h('button', { type: 'button', class: 'quiet', title: 'Filter by this value', onClick: () => onFilter(chosen, given) },
          h('span', { class: 'fill', style: { width: `${Math.max(sum / (top.list[0][1] || 1) * 100, 0)}%` } }),
          h('span', { class: 'name' }, value(given)),
          h('span', { class: 'aside' }, number(sum)))))),
      h('p', { class: 'note' }, `${plural(top.distinct, 'distinct value')}`)));
}

const Choice = ({ label, options, names = (name) => name, chosen, onChoose }) => options.length < 2 ? h('b', null, names(chosen ?? '–'))
  : h('select', { 'aria-label': label, value: chosen, onChange: (event) => onChoose(event.target.value) },
    options.map((name) => h('option', { key: name, value: name }, names(name))));

function Bars({ sums, of }) {
  const most = Math.max(...sums.buckets) || 1;
  const width = 1000 / sums.buckets.length;
  return h('div', { class: 'over-time' },
    h('div', { class: 'most', 'aria-hidden': 'true' }, compact(most)),
    h('svg', { viewBox: '0 0 1000 160', preserveAspectRatio: 'none', role: 'img', 'aria-label': `${of} over time, at most ${most} in ${sums.stepText}` },
      sums.buckets.map((sum, at) => {
        const height = Math.max(sum / most * 158, 0);
        const from = new Date(sums.first + at * sums.step).toISOString();
        return h('rect', { key: at, class: 'bar in', x: at * width + width * 0.06, width: width * 0.88, y: 160 - height, height },
          h('title', null, `${time(from)}: ${number(sum)}`));
      })),
    h('div', { class: 'axis', 'aria-hidden': 'true' },
      h('span', null, time(new Date(sums.first).toISOString())),
      h('span', null, `one bar: ${sums.stepText}`),
      h('span', null, time(new Date(sums.first + sums.buckets.length * sums.step).toISOString()))));
}

/** The amount that a row adds: one record, or its own number. Integers beyond a Number's range are BigInt. */
const amount = (row, measure) => (measure === RECORDS ? 1 : Number(row[measure] ?? 0));

function overTime(rows, column, measure) {
  const points = rows.map((row) => [Date.parse(row[column]), amount(row, measure)]).filter(([moment]) => Number.isFinite(moment));
  if (!points.length) {
    return null;
  }
  let low = Infinity;
  let high = -Infinity;
  for (const [moment] of points) {
    low = Math.min(low, moment);
    high = Math.max(high, moment);
  }
  const step = STEPS.find((size) => (high - low) / size < BUCKETS) ?? Math.ceil((high - low) / BUCKETS / 86400000) * 86400000;
  const first = Math.floor(low / step) * step;
  const buckets = new Array(Math.floor((high - first) / step) + 1).fill(0);
  for (const [moment, sum] of points) {
    buckets[Math.floor((moment - first) / step)] += sum;
  }
  return { first, step, buckets, stepText: stepText(step / 1000) };
}

function stepText(seconds) {
  const [size, unit] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']].find(([length]) => seconds % length === 0);
  return plural(seconds / size, unit);
}

function topValues(rows, column, measure) {
  const sums = new Map();
  for (const row of rows) {
    const given = row[column];
    const key = given !== null && typeof given === 'object' ? value(given) : given ?? null;
    sums.set(key, (sums.get(key) ?? 0) + amount(row, measure));
  }
  return { distinct: sums.size, list: [...sums].sort((one, other) => other[1] - one[1]).slice(0, MOST_VALUES) };
}
