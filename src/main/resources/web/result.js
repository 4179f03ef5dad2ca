// The result of the query: records, chart, payload, plan, and one line about its cost.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { look } from './api.js';
import { exported, json } from './exact.js';
import { bytes, duration, number, plural } from './format.js';
import { Grid } from './grid.js';
import { later } from './later.js';
import { sorted } from './measure.js';
import { MOST } from './query.js';
import { RecordView } from './record.js';
import { Copy, Problem, Skeleton, State, Tabs, h } from './ui.js';
import { PASSING, useLoad } from './work.js';

const Chart = later(() => import('./chart.js'), 'Chart');
const Payload = later(() => import('./payload.js'), 'Payload');
const Plan = later(() => import('./payload.js'), 'Plan');
const Statistics = later(() => import('./statistics.js'), 'Statistics');

const TABS = [['records', 'Records'], ['chart', 'Chart'], ['statistics', 'Statistics'], ['payload', 'Payload'], ['plan', 'Plan']];

/** What a result says that is not the one of the last query, by tab. */
const OLD = { records: 'These are still the records of the previous query.', chart: 'This is still the chart of the previous query.' };

export function Result({ query, request, tab, setTab, plan, layout, payload, said, total, rangeWords, searched, range, grouped, chart, onChart, onFilter, onGroup, onDrill, onAll, onAgain }) {
  const { result } = query;
  const isStale = Boolean(result && !query.running && (query.error || query.cancelled));
  // A chart of the first few would mislead.
  useEffect(() => {
    if (tab === 'chart') {
      query.rest?.();
    }
  }, [tab, query.rest]);
  return h('section', { class: 'result', 'aria-label': 'Result', 'aria-busy': Boolean(query.running) },
    h(Tabs, { label: 'Result', tabs: TABS, chosen: tab, onChoose: setTab }),
    // Everything that is said of the query has this one place, so that the records below it keep theirs.
    h('div', { class: 'line-of-cost' },
      h(Cost, { query, total }),
      h(Problem, { error: query.error, said, retry: PASSING.includes(query.error?.status) ? onAgain : undefined }),
      h(Damaged, { query }),
      query.cancelled && h('p', { class: 'problem plain', role: 'status' }, 'Cancelled. The query was stopped.'),
      isStale && OLD[tab] && h('p', { class: 'note', role: 'status' }, OLD[tab])),
    h('div', { class: query.running ? 'panel stale' : isStale ? 'panel old' : 'panel', role: 'tabpanel', 'aria-label': tab, tabIndex: tab === 'statistics' ? 0 : undefined },
      tab === 'payload' ? h(Payload, payload)
        : tab === 'plan' ? h(Plan, { plan })
        : tab === 'statistics' ? h(Statistics, { request: query.running ? null : request })
        : !result ? (query.running ? h(Skeleton, { lines: 8 }) : null)
        : tab === 'chart' ? h(Chart, { result, grouped, wanted: chart, onChange: onChart, onFilter })
        : h(Records, { query, layout, range, rangeWords, searched, onFilter, onGroup, onDrill, onAll })));
}

function Records({ query, layout, range, rangeWords, searched, onFilter, onGroup, onDrill, onAll }) {
  const { result } = query;
  const [shown, setShown] = useState(null);
  const [sort, setSort] = useState(null);
  const root = useRef(null);
  const order = useMemo(() => sorted(result.rows, sort), [result.rows, sort]);
  const rows = useMemo(() => (order ? order.map((at) => result.rows[at]) : result.rows), [result.rows, order]);
  // The place of the record among those that are shown; `shown` stays the same when more arrive.
  const row = shown === null || !order ? shown : order.indexOf(shown);
  const show = (next) => setShown(order ? order[next] : next);
  // Immediately: later it could close something that the person has just opened.
  useLayoutEffect(() => setShown(null), [result.first, sort]);
  if (!result.rows.length) {
    return h(Nothing, { result, range, rangeWords, searched, onAll });
  }
  const close = () => {
    setShown(null);
    root.current?.querySelector('.grid').focus({ preventScroll: true });
  };
  const move = (step) => show(Math.min(Math.max(row + step, 0), rows.length - 1));
  return h('div', { ref: root, class: shown === null ? 'records' : 'records split' },
    h(Grid, { result, rows, sort, onSort: setSort, layout, chosen: row, onRest: query.rest, onFilter, onGroup, onDrill, onRecord: show }),
    row !== null && h(RecordView, { record: rows[row], result, row, count: rows.length, onMove: move, onFilter, onGroup, onClose: close }));
}

/** Shows how many records were searched, a number from the footers. */
function Nothing({ result, range, rangeWords, searched, onAll }) {
  const overview = useLoad((signal) => look(`${searched.address}/overview`, searched.read, signal), [searched.address, searched.read.from, searched.read.to]);
  const records = overview.value?.records;
  return h(State, { title: records ? `0 of ${plural(records, 'record')} match.` : '0 records match.' },
    h('p', null, `${plural(result.objects_read ?? 0, 'object')} read: ${rangeWords}.`),
    range.from !== 'all' && h('button', { type: 'button', onClick: onAll }, 'Query all partitions'));
}

/** The number of records, and the reason for their end. */
function amount({ result, rest, growing }) {
  const records = plural(result.row_count, 'record');
  return !result.truncated ? records
    : growing ? `first ${records}, more are coming`
    : rest ? `first ${records}, more as you scroll`
    : result.limited_by === 'bytes' ? `first ${records}, as many as server.max-result-bytes allows`
    : `first ${records}; there are more`;
}

/** Until all partitions are listed, nobody knows how many there are. */
const objects = (read, total) => (total ? `${number(read)} of ${plural(total, 'object')}` : plural(read, 'object'));

/** The newest records are read from the others. */
function Damaged({ query: { result, running, error } }) {
  const damaged = (running || error ? undefined : result?.objects_damaged) ?? [];
  return damaged.length > 0 && h('p', { class: 'problem plain', role: 'status' },
    `${plural(damaged.length, 'object')} left out, because ${damaged.length === 1 ? 'it is' : 'they are'} damaged: ${damaged[0].object} (${damaged[0].reason})${damaged.length > 1 ? ' and others' : ''}. Exports do not send ${damaged.length === 1 ? 'it' : 'them'} either.`);
}

function Cost({ query, total }) {
  const { result } = query;
  if (!result || query.running || query.error || query.cancelled) {
    return null;
  }
  const facts = [
    amount(query),
    result.newest_first_by && `newest first by ${result.newest_first_by}`,
    duration(result.execution_time_ms / 1000),
    result.objects_read !== undefined && `${objects(result.objects_read, result.objects_total ?? total)} read`,
    result.bytes_read !== undefined && bytes(result.bytes_read),
  ].filter(Boolean);
  return h('span', { class: 'facts cost', role: 'status' }, facts.map((fact) => h('span', { key: fact }, fact)),
    query.more && !query.rest && h('button', { type: 'button', class: 'quiet', onClick: query.more }, `Show ${number(MOST)}`),
    result.rows.length > 0 && h(Copy, { label: 'Copy NDJSON', text: () => result.rows.map((row) => json(exported(row, result))).join('\n') + '\n' }));
}
