// Which columns of a result are shown, and in which order. Without a choice, the page guesses: the time, then the
// columns with the most different short values (those that most records have), then the long texts, but no columns without a value in the result.
import { useMemo } from 'preact/hooks';
import { isNested } from './exact.js';
import { value } from './format.js';
import { layout as kept, rememberLayout } from './memory.js';

const SAMPLE = 300;
/** A value with more characters is a text to read, not to compare. */
const SHORT = 40;
/** Always the same object, so that nothing renders again for it. */
const NO_WIDTHS = {};
/** If a query names its columns, they keep its order. */
const STAR = /^\s*SELECT\s+(?:\w+\.)?\*(?!\s*EXCLUDE\b[^)]*\)\s*,)/i;

/** The number of records with a value, by column; a record may contain a null or leave it out. */
export function counts(result) {
  const found = new Map(result.columns.map((name) => [name, 0]));
  for (const row of result.rows) {
    for (const name of Object.keys(row)) {
      if (row[name] !== null) {
        found.set(name, (found.get(name) ?? 0) + 1);
      }
    }
  }
  return found;
}

/** The names of the columns to show: those in `chosen` and in the result, or the guess. */
export function shown(result, sql, chosen) {
  const has = new Set(result.columns);
  const wanted = (chosen ?? []).filter((name) => has.has(name));
  if (wanted.length) {
    return wanted;
  }
  if (!STAR.test(sql) || !result.rows.length) {
    return result.columns;
  }
  const filled = counts(result);
  const rank = new Map(result.columns.map((name) => [name, rankOf(name, result)]));
  return result.columns.filter((name) => filled.get(name) > 0)
    .map((name, at) => [name, at])
    .sort(([one, first], [other, second]) => compare(rank.get(one), rank.get(other)) || first - second)
    .map(([name]) => name);
}

const compare = (one, other) => one[0] - other[0] || one[1] - other[1];

/** [group, position in it]: 0 the time, 1 short values, 2 long texts, 3 nested ones, 4 the same value everywhere. */
function rankOf(name, { rows, newest_first_by: time }) {
  if (name === time) {
    return [0, 0];
  }
  const values = rows.slice(0, SAMPLE).map((row) => row[name]).filter((given) => given !== null && given !== undefined);
  if (values.some(isNested)) {
    return [3, 0];
  }
  const different = new Set(values.map(value));
  const length = values.reduce((sum, given) => sum + value(given).length, 0) / Math.max(values.length, 1);
  if (length > SHORT) {
    return [2, -length];
  }
  return different.size < 2 ? [4, 0] : [1, -different.size * (values.length / Math.min(rows.length, SAMPLE)) ** 2];
}

/** The choice with one column added at the end or removed. */
export const toggled = (names, name) => (names.includes(name) ? names.filter((one) => one !== name) : [...names, name]);

/** The choice with a column moved by a number of places. */
export function moved(names, name, step) {
  const others = names.filter((one) => one !== name);
  const at = Math.min(Math.max(names.indexOf(name) + step, 0), others.length);
  return [...others.slice(0, at), name, ...others.slice(at)];
}

/** {columns, pinned} with a column pinned, so that it stays visible, or no longer pinned. */
export function pinned(names, count, name) {
  const at = names.indexOf(name);
  return at >= 0 && at < count
    ? { columns: moved(names, name, count - 1 - at), pinned: count - 1 }
    : { columns: moved(names, name, count - (at < 0 ? names.length : at)), pinned: count + 1 };
}

/**
 * The layout of the records, from the link, from memory or guessed: {wanted, time, names, pinned, widths, isChosen, arrange}. `wanted` is the column by which a person wants the newest first.
 */
export function useLayout({ name, place, change, query, guessed }) {
  const before = kept(name);
  const columns = place.columns ?? before.columns;
  const wanted = place.time ?? before.time;
  const { result } = query;
  // From the first records only, so that nothing moves when more arrive.
  const names = useMemo(() => (result ? shown({ ...result.first, columns: result.columns }, result.sql, columns) : []), [result?.first, columns?.join('\n')]);
  return {
    wanted, names,
    time: result?.newest_first_by ?? wanted ?? guessed,
    pinned: Math.min(place.pinned || before.pinned || 0, names.length),
    widths: place.widths ?? before.widths ?? NO_WIDTHS,
    isChosen: Boolean(columns),
    arrange(next) {
      rememberLayout(name, next);
      change({ columns, ...next });
    },
  };
}
