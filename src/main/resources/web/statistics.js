// What each column of the query's result is like, by DuckDB's SUMMARIZE. That reads all of them, so it loads on request.
import { query as ask } from './api.js';
import { compact, value } from './format.js';
import { Table } from './table.js';
import { Problem, Skeleton, State, h } from './ui.js';
import { useLoad } from './work.js';

const MOST = 10000;
const LONGEST = 40;

export function Statistics({ request }) {
  const found = useLoad(request && ((signal) => ask({ ...request, sql: `SELECT * FROM (SUMMARIZE ${request.sql.trim().replace(/;\s*$/, '')})`, limit: MOST, look: true }, signal)),
    [request?.sql, request?.from, request?.to]);
  const error = found.error ?? (found.value?.error && { message: found.value.error });
  if (!request) {
    return h(State, { title: 'Run a valid query to see its columns.' });
  }
  return error ? h(Problem, { error, retry: found.reload })
    : !found.value ? h(Skeleton, { lines: 8 })
    : h('div', { class: 'statistics' }, h(Table, { columns: COLUMNS, rows: found.value.rows, id: (row) => row.column_name }));
}

const cut = (given) => {
  const text = given === undefined || given === null ? '' : value(given);
  return text.length > LONGEST ? text.slice(0, LONGEST) + '…' : text;
};
const rounded = (given) => (given === undefined || given === null ? '' : /^-?\d+\.\d{3,}$/.test(given) ? Number(given).toPrecision(6) : cut(given));

const COLUMNS = [
  { name: 'Column', head: true, cell: (row) => row.column_name },
  { name: 'Type', cell: (row) => cut(row.column_type.toLowerCase()) },
  { name: 'Records', number: true, cell: (row) => compact(row.count) },
  { name: 'Null', number: true, cell: (row) => `${Number(row.null_percentage ?? 0)} %` },
  { name: 'Distinct, about', number: true, cell: (row) => compact(row.approx_unique ?? 0) },
  { name: 'Least', cell: (row) => cut(row.min) },
  { name: 'Median', cell: (row) => rounded(row.q50) },
  { name: 'Mean', cell: (row) => rounded(row.avg) },
  { name: 'Most', cell: (row) => cut(row.max) },
];
