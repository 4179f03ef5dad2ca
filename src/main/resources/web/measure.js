// The positions of the columns, and the order of the records.
import { isNested } from './exact.js';
import { value } from './format.js';

const NARROW = 72;
const WIDE = 420;
/** A text to read is the widest. */
const WIDEST = 900;
const MESSAGE = /message|^msg$|body|raw|text|description/i;
const MOST_CHARACTERS = 60;
const PER_CHARACTER = 7.7;

/** The start of each column; the last one reaches at least the edge. */
export function offsetsOf(columns, types, rows, width, widths) {
  const sample = rows.slice(0, 50);
  const offsets = [0];
  columns.forEach((name, at) => {
    const head = name.length + shortType(types[at]).length + 4;
    const isMessage = MESSAGE.test(name);
    const longest = Math.max(head, ...sample.map((row) => Math.min(text(row[name]).length, isMessage ? 2 * MOST_CHARACTERS : MOST_CHARACTERS)));
    offsets.push(offsets[at] + (Object.hasOwn(widths, name) ? widths[name] : Math.round(Math.min(Math.max(longest * PER_CHARACTER + 18, NARROW), isMessage ? WIDEST : WIDE))));
  });
  offsets[columns.length] = Math.max(offsets[columns.length], width);
  return offsets;
}

const text = (given) => (given === undefined ? '' : value(given));

export const shortType = (type = '') => (type.length > 12 ? type.replace(/[(<].*/s, '').replace(/ WITH.*/, ' TZ').slice(0, 12) : type).toLowerCase();
export const sortMark = (sort, column) => (sort?.column === column ? (sort.down ? '↓' : '↑') : '');

export function nextSort(sort, column) {
  if (sort?.column !== column) {
    return { column, down: false };
  }
  return sort.down ? null : { column, down: true };
}

/** The order of the rows, NaN after all numbers, as in DuckDB, and nulls last; null for the original order. */
export function sorted(rows, sort) {
  if (!sort) {
    return null;
  }
  const order = Array.from(rows, (_, at) => at);
  const direction = sort.down ? -1 : 1;
  const key = (at) => {
    const given = rows[at][sort.column];
    return isNested(given) ? value(given) : given;
  };
  return order.sort((one, other) => {
    const a = key(one);
    const b = key(other);
    const empty = (a === null || a === undefined) - (b === null || b === undefined) || Number.isNaN(a) - Number.isNaN(b);
    return empty || (a < b ? -direction : a > b ? direction : one - other);
  });
}
