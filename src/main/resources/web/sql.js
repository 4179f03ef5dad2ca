// Changes to a query's text that a click requests. A query beyond SELECT … FROM events WHERE … becomes a subquery,
// which never changes its meaning.
import { isNested, isNumber } from './exact.js';

export const DEFAULT = 'SELECT *\nFROM events';

const SIMPLE = /^\s*SELECT\s+([\s\S]+?)\s+FROM\s+events\s*(?:\bWHERE\b([\s\S]+?))?\s*((?:\bORDER\s+BY\b[\s\S]*|\bLIMIT\b[\s\S]*)?);?\s*$/i;
const TOO_MUCH = /\b(GROUP|HAVING|UNION|EXCEPT|INTERSECT|QUALIFY|WINDOW|JOIN|DISTINCT|SELECT|OVER)\b|--|\/\*/i;

/** {select, where, rest}; null if the text is not that simple. */
export function parts(sql) {
  const found = SIMPLE.exec(sql);
  if (!found) {
    return null;
  }
  const [, select, where = '', rest] = found;
  return TOO_MUCH.test(withoutText(`${select} ${where} ${rest}`)) ? null : { select, where: where.trim(), rest: rest.trim() };
}

const withoutText = (sql) => sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, "''");
const body = (sql) => sql.trim().replace(/;\s*$/, '');

/** A column of such a result is the one of the dataset; any other may be computed under a name that the dataset has, too. */
const PLAIN = /^(?:\*(?:\s*EXCLUDE\s*\([^()]*\))?|[a-z_]\w*|"(?:[^"]|"")+")(?:\s*,\s*(?:\*|[a-z_]\w*|"(?:[^"]|"")+"))*$/i;
const plain = (sql) => {
  const query = parts(sql);
  return query && PLAIN.test(query.select) ? query : null;
};

/** Whether each row of the result is a group, so that its numbers are measures. */
export const isGrouped = (sql) => /\bGROUP\s+BY\b/i.test(withoutText(sql));

export const identifier = (name) =>
  /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
const RESERVED = new Set(('all analyse analyze and any array as asc both case cast check collate column constraint create default '
  + 'deferrable desc describe distinct do else end except false fetch for foreign from grant group having in initially intersect '
  + 'into lateral leading limit not null offset on only or order pivot placing primary qualify references returning select show '
  + 'some summarize symmetric table then to trailing true union unique unpivot using variadic when where window with').split(' '));

/** No text in SQL can have a NUL. */
const quoted = (text) => text.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`).join(' || chr(0) || ');

/** Bytes are shown in base64; NaN and infinities are names of columns without quotes. */
const literal = (value, type) => (typeof value === 'number' && !Number.isFinite(value) ? `'${value}'::DOUBLE`
  : isNumber(value) || typeof value === 'boolean' ? String(value) : type === 'BLOB' ? `from_base64(${quoted(value)})` : quoted(String(value)));

/** As DuckDB writes a value; a time is shown as 2026-11-20T14:00:00Z. */
const textOf = (value, type) => (/^(TIMESTAMP|DATE)/.test(type) ? String(value).replace('T', ' ').replace(/Z$/, '') : String(value).toLowerCase());

/** Whether a value can be used in a condition; lists and structs cannot be compared with their JSON. */
export const comparable = (value) => !isNested(value ?? null);

/**
 * @param how 'is', 'is not', 'contains', '>=' or '<='
 * @param type of the column, as DuckDB names it
 */
export function condition(column, value, how = 'is', type = '') {
  const name = identifier(column);
  if (value === null || value === undefined) {
    return `${name} IS ${how === 'is' ? '' : 'NOT '}NULL`;
  }
  return how === 'is' ? `${name} = ${literal(value, type)}`
    : how === 'is not' ? `${name} IS DISTINCT FROM ${literal(value, type)}`
    : how === 'contains' ? `contains(lower(${name}::VARCHAR), ${quoted(textOf(value, type))})`
    : `${name} ${how} ${literal(value, type)}`;
}

/** The text with a condition on a column of its result. */
export const filtered = (sql, text) => added(sql, text, plain(sql));

function added(sql, text, query) {
  if (!query) {
    return `SELECT *\nFROM (\n${body(sql)}\n)\nWHERE ${text}`;
  }
  const before = /\bOR\b/i.test(withoutText(query.where)) ? `(${query.where})` : query.where;
  const where = before ? `${before}\n  AND ${text}` : text;
  return `SELECT ${query.select}\nFROM events\nWHERE ${where}${query.rest ? '\n' + query.rest : ''}`;
}

/** The text with `conditions` on columns of the dataset in place of those that match `before`. */
export function limited(sql, before, conditions) {
  const without = before.reduce((text, one) => text
    .replace(new RegExp(`\\s+AND\\s+${one.source}`), '')
    .replace(new RegExp(`${one.source}\\s+AND\\s+`), '')
    .replace(new RegExp(`\\s+WHERE\\s+${one.source}`), ''), sql);
  return conditions.length ? added(without, conditions.join('\n  AND '), parts(without)) : without;
}

export function grouped(sql, column, columnsOfDataset) {
  const name = identifier(column);
  const query = columnsOfDataset.includes(column) ? plain(sql) : null;
  const source = query ? `events${query.where ? `\nWHERE ${query.where}` : ''}` : `(\n${body(sql)}\n)`;
  return `SELECT ${name}, count(*) AS records\nFROM ${source}\nGROUP BY ${name}\nORDER BY records DESC`;
}

const GROUPS = /^\s*SELECT\s+([\s\S]+?)\s+FROM\s+events\s*(?:\bWHERE\b([\s\S]+?))?\s*\bGROUP\s+BY\b([\s\S]+?)(?:\b(?:ORDER\s+BY|LIMIT)\b[\s\S]*)?;?\s*$/i;
const NAME = /^(?:[a-z_][a-z0-9_]*|"(?:[^"]|"")+")$/i;

/**
 * A query for the records of a group, if the query groups events by columns alone; otherwise undefined.
 *
 * @param typeOf the type of a column
 */
export function drilled(sql, group, typeOf) {
  const found = GROUPS.exec(sql);
  const names = found?.[3].split(',').map((name) => name.trim()) ?? [];
  const isComputed = (name) => new RegExp(`\\bAS\\s+${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?!\\w)`, 'i').test(found[1]);
  if (!names.length || names.some((name) => !NAME.test(name) || /^all$/i.test(name) || isComputed(name))
    || TOO_MUCH.test(withoutText(sql.replace(/\bGROUP\s+BY\b/i, '').replace(/^\s*SELECT\b/i, '')))) {
    return undefined;
  }
  const columns = names.map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name));
  const conditions = columns.map((name) => condition(name, group[name], 'is', typeOf(name)));
  const before = found[2]?.trim();
  return [before && (/\bOR\b/i.test(withoutText(before)) ? `(${before})` : before), ...conditions].filter(Boolean)
    .reduce((text, part, at) => `${text}\n${at ? '  AND' : 'WHERE'} ${part}`, DEFAULT);
}

/** Typical first queries for these columns: [title, SQL]. */
export function examples(columns) {
  const own = columns.filter((column) => !column.partition);
  const time = own.find((column) => column.kind === 'time');
  const texts = own.filter((column) => column.kind === 'text');
  const message = [/^message$/i, /message|body|raw|text/i, /msg/i]
    .map((words) => texts.find((column) => words.test(column.name))).find(Boolean);
  const keys = texts.filter((column) => column !== message && /ip|host|user|src|source|action|status/i.test(column.name));
  const list = [['All columns', DEFAULT]];
  if (message) {
    list.push([`Failures in ${message.name}`, `SELECT *\nFROM events\nWHERE ${identifier(message.name)} ILIKE '%failed%'`]);
  }
  if (time) {
    list.push(['Records per hour', `SELECT date_trunc('hour', ${identifier(time.name)}) AS per_hour, count(*) AS records\nFROM events\nGROUP BY per_hour\nORDER BY per_hour`]);
  }
  for (const { name } of (keys.length ? keys : texts).slice(0, 4 - list.length)) {
    list.push([`Top ${name}`, `SELECT ${identifier(name)}, count(*) AS records\nFROM events\nGROUP BY ${identifier(name)}\nORDER BY records DESC\nLIMIT 20`]);
  }
  return list;
}
