// What a chart plots: columns of the result on x, measures on y, and one of them to tell series apart. Without a choice, a guess.
import { value } from './format.js';
import { stepOf, stepText } from './series.js';

/** Stands for the number of records, beside the names of columns. */
export const RECORDS = '';
const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL)/;
const TIMES = /^(TIMESTAMP|DATE)/;
const MOST_VALUES = 12;
const MOST_SERIES = 6;
const OTHERS = 'others';

/**
 * {kind, x, y, series, times, numbers}: those of `wanted` that the result has, else as guessed. `kind` is bars or lines over time, or top: the values
 * with the most.
 */
export function chosen({ columns, types, newest_first_by: newest }, grouped, wanted = {}) {
  const times = columns.filter((name, at) => TIMES.test(types[at]));
  const numbers = columns.filter((name, at) => NUMBERS.test(types[at]));
  const texts = columns.filter((name, at) => /VARCHAR|BOOL|UUID|ENUM/.test(types[at]));
  const has = (name) => name !== undefined && columns.includes(name);
  const time = times.includes(newest) ? newest : times[0];
  const kind = wanted.kind ?? (time && (!grouped || !texts.length || numbers.length) ? 'bars' : 'top');
  const x = has(wanted.x) ? wanted.x : kind === 'top' ? texts[0] ?? columns.find((name) => name !== time && !numbers.includes(name)) ?? columns[0] : time ?? columns[0];
  const known = (wanted.y ?? []).filter((name) => name === RECORDS || numbers.includes(name));
  const measures = numbers.filter((name) => name !== x);
  const y = known.length ? known : [grouped && measures.length ? measures[0] : RECORDS];
  const guess = grouped && kind !== 'top' ? texts.find((name) => name !== x) : undefined;
  const series = y.length > 1 ? undefined : wanted.series === undefined ? guess : has(wanted.series) && wanted.series !== x ? wanted.series : undefined;
  return { kind, x, y, series, times, numbers };
}

/** What a row adds: one record, or its own number, unless it is NaN or infinite: that would hide all others. Integers beyond a Number's come as BigInt. */
function amount(row, measure) {
  const own = measure === RECORDS ? 1 : Number(row[measure] ?? 0);
  return Number.isFinite(own) ? own : 0;
}

const keyOf = (given) => (given !== null && typeof given === 'object' ? value(given) : given ?? null);

/** [name, of each row what it adds]: the measures, or the values of the series with the most, and the others together. */
function parts(rows, { y, series }) {
  if (series === undefined) {
    return y.map((measure) => [measure || 'records', (row) => amount(row, measure)]);
  }
  const names = topOf(rows, series, y[0]).list.slice(0, MOST_SERIES).map(([given]) => given);
  const one = (given) => [value(given), (row) => (keyOf(row[series]) === given ? amount(row, y[0]) : 0)];
  const rest = rows.some((row) => !names.includes(keyOf(row[series])));
  return [...names.map(one), ...(rest ? [[OTHERS, (row) => (names.includes(keyOf(row[series])) ? 0 : amount(row, y[0]))]] : [])];
}

/** {first, step, stepText, last, series: [{name, sums}], most}: sums over time; null where the result has no times. */
export function overTime(rows, chart, stacked) {
  const points = rows.map((row) => [Date.parse(row[chart.x]), row]).filter(([moment]) => Number.isFinite(moment));
  if (!points.length) {
    return null;
  }
  const moments = points.map(([moment]) => moment);
  const [low, high] = [moments.reduce((one, other) => Math.min(one, other)), moments.reduce((one, other) => Math.max(one, other))];
  const step = stepOf(high - low);
  const first = Math.floor(low / step) * step;
  const length = Math.floor((high - first) / step) + 1;
  const series = parts(rows, chart).map(([name, of]) => {
    const sums = new Array(length).fill(0);
    for (const [moment, row] of points) {
      sums[Math.floor((moment - first) / step)] += of(row);
    }
    return { name, sums };
  });
  const tops = Array.from({ length }, (_, at) => (stacked ? series.reduce((sum, { sums }) => sum + Math.max(sums[at], 0), 0) : Math.max(...series.map(({ sums }) => sums[at]))));
  return { first, step, stepText: stepText(step), last: first + length * step, series, most: Math.max(...tops) || 1 };
}

/** {distinct, list}: the values of a column with the largest sums. */
export function topOf(rows, column, measure) {
  const sums = new Map();
  for (const row of rows) {
    const key = keyOf(row[column]);
    sums.set(key, (sums.get(key) ?? 0) + amount(row, measure));
  }
  return { distinct: sums.size, list: [...sums].sort((one, other) => other[1] - one[1]).slice(0, MOST_VALUES) };
}
