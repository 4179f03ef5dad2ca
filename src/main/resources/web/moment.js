// Times that a person writes, and the condition on the event time that this page keeps in a query's text.
import { isLocal, now } from './format.js';
import { identifier, limited, parts } from './sql.js';

const UNITS = [[/^(m|min|mins|minutes?)$/, 60], [/^(h|hours?)$/, 3600], [/^(d|days?)$/, 86400], [/^(s|sec|seconds?)$/, 1]];

/**
 * {from, to} in milliseconds of "4 h", "last 15 min", "2026-11-20 14:00" or "2026-11-20 14:00 to 2026-11-20 15:00"; a string says what is
 * wrong. Without an end, `to` is undefined.
 */
export function rangeOf(text, until = now()) {
  const given = text.trim().replace(/^last\s+/i, '');
  const ago = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(given);
  const unit = ago && UNITS.find(([words]) => words.test(ago[2].toLowerCase()));
  if (unit) {
    return { from: until - Number(ago[1]) * unit[1] * 1000 };
  }
  const [first, second, more] = given.split(/\s+(?:to|…|\.\.\.?|–)\s+/i);
  const from = momentOf(first);
  // An hour alone is one of the day before it.
  const to = second === undefined ? undefined : momentOf(/^\d\d?:/.test(second) ? `${first.slice(0, 10)} ${second}` : second);
  const wrong = [[first, from], [second, to]].find(([part, moment]) => part !== undefined && moment === undefined);
  if (wrong || more !== undefined) {
    return `“${wrong?.[0] ?? given}” is not a time. Write 4 h, or 2026-11-20 14:00 to 15:00.`;
  }
  return to !== undefined && to <= from ? 'The end is before the beginning.' : { from, to };
}

/** A time as text, in the zone that the page shows, or in its own. */
export function momentOf(text) {
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text.trim());
  const moment = found ? Date.parse(`${found[1]}T${found[2] ?? '00:00'}${found[3] ?? (isLocal() ? '' : 'Z')}`) : NaN;
  return Number.isNaN(moment) ? undefined : moment;
}

/**
 * The column as a TIMESTAMP, in SQL.
 *
 * @param sample a value of it: a number counts seconds, or parts of one
 */
export function timeOf({ name, kind }, sample) {
  const column = identifier(name);
  if (kind === 'time') {
    return column;
  }
  if (kind !== 'number') {
    return `try_cast(${column} AS TIMESTAMP)`;
  }
  const size = Math.abs(Number(sample ?? 0));
  return size > 1e17 ? `make_timestamp_ns(${column}::BIGINT)`
    : size > 1e14 ? `make_timestamp(${column}::BIGINT)`
    : size > 1e11 ? `epoch_ms(${column}::BIGINT)` : `epoch_ms((${column} * 1000)::BIGINT)`;
}

const text = (moment) => `'${new Date(moment).toISOString().replace('T', ' ').replace(/(\.000)?Z$/, '')}'`;
const pattern = (expression, sign) => conditionOn(expression.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), sign);
const conditionOn = (source, sign) => new RegExp(`${source} ${sign} '(\\d{4}-[\\d:. -]+)'`);
/** Any expression of `timeOf`. */
const ANY = '(?:\\b(?:try_cast|make_timestamp(?:_ns)?|epoch_ms)\\((?:"(?:[^"]|"")+"|\\((?:"(?:[^"]|"")+"|[^"\'()])*\\)|[^"\'()])*\\)|"(?:[^"]|"")+"|\\b[a-z_]\\w*)';
const moment = (found) => (found ? Date.parse(found[1].replace(' ', 'T') + 'Z') : undefined);

/** The window of time in the text, {from, to}; undefined without one. */
export function windowOf(sql, expression) {
  const [from, to] = ['>=', '<'].map((sign) => moment(pattern(expression, sign).exec(sql)));
  return from === undefined && to === undefined ? undefined : { from, to };
}

/** The text with this window in place of the one before; without `window`, with none. */
export function windowed(sql, expression, window) {
  const conditions = [['>=', window?.from], ['<', window?.to]].filter(([, at]) => at !== undefined)
    .map(([sign, at]) => `${expression} ${sign} ${text(at)}`);
  return limited(sql, [pattern(expression, '>='), pattern(expression, '<')], conditions);
}

/** {sql, from, to}: the text without the window of time that this page has put into it, and the window; undefined without one. */
export function timeless(sql) {
  const conditions = ['>=', '<'].map((sign) => conditionOn(ANY, sign));
  const [from, to] = conditions.map((condition) => moment(condition.exec(sql)));
  return from === undefined && to === undefined ? undefined : { sql: limited(sql, conditions, []), from, to };
}

/** Counts the records of a query by time; undefined where it gives none by which they could be counted. */
export function countsOf(sql, expression, column, seconds, isInResult) {
  const query = parts(sql);
  const source = query ? `events${query.where ? `\nWHERE ${query.where}` : ''}` : isInResult && `(\n${sql.trim().replace(/;\s*$/, '')}\n)`;
  return source && `SELECT time_bucket(INTERVAL ${seconds} SECOND, ${expression}::TIMESTAMP) AS moment, count(*) AS records\nFROM ${source}\nGROUP BY moment\nORDER BY moment`;
}
