// The result of the query: records, chart, payload, plan, and one line about its cost.
import { useLayoutEffect, useState } from 'preact/hooks';
import { look } from './api.js';
import { Chart } from './chart.js';
import { bytes, duration, json, number, plural } from './format.js';
import { Grid } from './grid.js';
import { Payload, Plan } from './payload.js';
import { MOST } from './query.js';
import { RecordView } from './record.js';
import { Copy, Problem, Skeleton, State, Tabs, h, useLoad } from './ui.js';

const TABS = [['records', 'Records'], ['chart', 'Chart'], ['payload', 'Payload'], ['plan', 'Plan']];

export function Result({ query, tab, setTab, plan, payload, said, rangeWords, searched, range, grouped, onFilter, onGroup, onAll }) {
  const { result } = query;
  return h('section', { class: 'result', 'aria-label': 'Result', 'aria-busy': Boolean(query.running) },
    h('div', { class: 'bar-line' }, h(Tabs, { label: 'Result', tabs: TABS, chosen: tab, onChoose: setTab }), h('span', { class: 'space' }), h(Cost, { query })),
    h(Problem, { error: query.error, said }),
    query.cancelled && h('p', { class: 'problem plain', role: 'status' }, 'Cancelled. The query was stopped.'),
    h('div', { class: query.running ? 'panel stale' : 'panel', role: 'tabpanel', 'aria-label': tab },
      tab === 'payload' ? h(Payload, payload)
        : tab === 'plan' ? h(Plan, { plan })
        : !result ? (query.running ? h(Skeleton, { lines: 8 }) : null)
        : tab === 'chart' ? h(Chart, { result, grouped, onFilter })
        : h(Records, { result, range, rangeWords, searched, onFilter, onGroup, onAll })));
}

function Records({ result, range, rangeWords, searched, onFilter, onGroup, onAll }) {
  const [shown, setShown] = useState(null);
  // Immediately: later it would close what the person has opened in the meantime.
  useLayoutEffect(() => setShown(null), [result]);
  if (!result.rows.length) {
    return h(Nothing, { result, range, rangeWords, searched, onAll });
  }
  const move = (step) => setShown((at) => Math.min(Math.max(at + step, 0), result.rows.length - 1));
  return h('div', { class: shown === null ? 'records' : 'records split' },
    h(Grid, { result, onFilter, onGroup, onRecord: (record) => setShown(result.rows.indexOf(record)) }),
    shown !== null && h(RecordView, { record: result.rows[shown], row: shown, count: result.rows.length, onMove: move, onClose: () => setShown(null) }));
}

/** Says how many records were searched, which their footers tell. */
function Nothing({ result, range, rangeWords, searched, onAll }) {
  const overview = useLoad((signal) => look(`${searched.address}/overview`, searched.read, signal), [searched.address, searched.read.from, searched.read.to]);
  const records = overview.value?.records;
  return h(State, { title: records ? `0 of ${plural(records, 'record')} match.` : '0 records match.' },
    h('p', null, `${plural(result.objects_read ?? 0, 'object')} read: ${rangeWords}.`),
    range.from !== 'all' && h('button', { type: 'button', onClick: onAll }, 'Query all partitions'));
}

function Cost({ query }) {
  const { result } = query;
  if (!result || query.running || query.error) {
    return null;
  }
  const facts = [
    result.truncated ? `first ${plural(result.row_count, 'record')}; there are more` : plural(result.row_count, 'record'),
    duration(result.execution_time_ms / 1000),
    result.objects_total !== undefined && `${number(result.objects_read)} of ${plural(result.objects_total, 'object')} read`,
    result.bytes_read !== undefined && bytes(result.bytes_read),
  ].filter(Boolean);
  return h('span', { class: 'facts cost', role: 'status' }, facts.map((fact) => h('span', { key: fact }, fact)),
    query.more && h('button', { type: 'button', class: 'quiet', onClick: query.more }, `Show ${number(MOST)}`),
    result.rows.length > 0 && h(Copy, { label: 'Copy NDJSON', text: () => result.rows.map((row) => json(row)).join('\n') + '\n' }));
}
