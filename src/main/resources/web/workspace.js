// One dataset: the timeline, the query, the result, and sending.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { get, look, path, post } from './api.js';
import { Ask } from './ask.js';
import { Columns } from './columns.js';
import { PATIENCE, calm, isTrusted } from './early.js';
import { Head, NoObjects } from './head.js';
import { useLayout } from './layout.js';
import { Lookups } from './lookups.js';
import { Matches } from './matches.js';
import { windowed } from './moment.js';
import { draft, rememberDraft, rememberQuery, rememberRecent } from './memory.js';
import { read as placeIn } from './place.js';
import { useQuery } from './query.js';
import { Result } from './result.js';
import { Send, useDestination } from './send.js';
import { DEFAULT, condition, drilled, filtered, grouped, isGrouped } from './sql.js';
import { Timeline, covering, rangeText, spanOf } from './timeline.js';
import { Elsewhere, Problem, Skeleton, h } from './ui.js';
import { valuesOf } from './values.js';
import { useLoad } from './work.js';

/** The plan is beside the records, so this word is not for the query. */
const EXPLAIN = /^\s*EXPLAIN\s+(?:ANALYZE\s+)?(?=\S)/i;

/** What may tell the time of a record: a time, or a number or text that is named like one. */
const mayBeTime = ({ kind, name, partition }) => !partition && (kind === 'time' || (kind !== 'nested' && /time|date|created|(^|_|[a-z])ts$/i.test(name)));

/** Always the same object, so that nothing renders again for it. */
const NONE = [];

export function Workspace({ dataset, place, go, side, typed }) {
  const address = path('datasets', dataset.tenant_id, dataset.dataset_id);
  const range = useMemo(() => ({ from: place.from, to: place.to }), [place.from, place.to]);
  const tables = useLoad((signal) => calm.then(() => get('lookups', signal)), []);
  const query = useQuery(dataset);
  const destination = useDestination(typed);
  const key = `${dataset.tenant_id}/${dataset.dataset_id}`;
  const [text, setText] = useState(place.sql ?? draft(key) ?? DEFAULT);
  const tab = place.tab ?? 'records';
  // Of the address, which is never behind.
  const change = (next) => go({ ...placeIn(location.hash), ...next }, { replace: true });
  const setTab = (next) => change({ tab: next === 'records' ? undefined : next });
  const editor = useRef(null);
  useEffect(() => rememberRecent(key), [key]);

  const asked = place.sql ?? DEFAULT;
  // Not an effect of the text, which would keep undoing what the person types.
  const show = (sql) => {
    setText(sql);
    editor.current?.setText(sql);
  };
  const type = (sql) => {
    setText(sql);
    rememberDraft(key, sql === asked ? undefined : sql);
  };
  const trusted = isTrusted(key, asked);
  // The first records come first: on two cores, whatever else reads footers would make them wait.
  const settled = useEver(query.result || query.error || query.cancelled || !trusted);
  const isTold = useEver(useElapsed(PATIENCE) || settled);
  const [isListed, setListed] = useState(false);
  const isCounted = settled && isListed;
  const overview = useLoad(isTold && ((signal) => look(`${address}/overview`, { records: isCounted }, signal)), [address, isTold, isCounted]);
  useEffect(() => setListed((before) => before || Boolean(overview.value)), [overview.value]);
  const columns = useLoad(settled && ((signal) => look(`${address}/columns`, range, signal)), [address, range, settled]);
  const layout = useLayout({ name: key, place, change, query, guessed: columns.value?.time_column });
  const opened = useRef(false);
  useEffect(() => {
    const typed = draft(key);
    if (place.sql && typed && typed !== place.sql) {
      rememberQuery(key, typed);
    }
    show(opened.current || place.sql ? asked : typed ?? asked);
    opened.current = true;
    if (trusted) {
      query.run(asked, range, layout.wanted);
    } else {
      query.cancel();
    }
  }, [asked, range, layout.wanted]);

  const ask = (given, next = range) => {
    const sql = given.trim() ? given.replace(EXPLAIN, '') : DEFAULT;
    const view = { ...placeIn(location.hash), tab: EXPLAIN.test(given) ? 'plan' : place.tab };
    rememberQuery(key, sql);
    rememberDraft(key, undefined);
    show(sql);
    if (sql === asked && next.from === range.from && next.to === range.to) {
      query.run(sql, range, layout.wanted);
      go(view, { replace: true });
    } else {
      go({ ...view, from: next.from, to: next.to, sql: sql === DEFAULT ? undefined : sql });
    }
  };
  // A problem of the lake, not of the query, is shown once for all parts.
  const ofLake = useRef();
  ofLake.current = overview.error?.message ?? ofLake.current;
  useEffect(() => {
    if (overview.value && query.error && query.error.message === ofLake.current) {
      query.run(asked, range, layout.wanted);
    }
  }, [overview.value]);

  // A click changes the text in the editor, where it can be undone.
  const known = columns.value?.columns ?? NONE;
  const typeOf = (name) => query.result?.types[query.result.columns.indexOf(name)] ?? known.find((column) => column.name === name)?.type;
  const filter = (column, given, how = 'is') => ask(filtered(text, condition(column, given, how, typeOf(column))));
  const lookups = tables.value?.lookups ?? NONE;
  const values = useMemo(() => valuesOf(address, range), [address, range]);

  const read = range.from || range.to ? range : overview.value?.newest ?? {};
  // A problem of the query is shown once, beside the query.
  const request = overview.value && query.result && !query.error && query.sql === asked ? requestOf({ dataset, sql: asked, range: read, destination }) : null;
  const unready = query.result && !query.error && query.sql === asked ? 'First its objects have to be listed.' : 'First run a valid query.';
  // If all records are shown, they are counted.
  const selected = request && !query.running && !query.cancelled && !query.result.truncated ? query.result.row_count : undefined;
  const plan = useLoad(request && ((signal) => post('plan', { ...request, destination_config: undefined, selected }, signal)),
    [address, asked, read.from, read.to, destination.chosen?.name, Boolean(request), selected]);
  const rangeWords = rangeText(range, overview.value?.newest);
  const times = useMemo(() => known.filter((column) => column.name === layout.time || mayBeTime(column)), [known, layout.time]);

  return h('div', { class: 'workspace' },
    place.cut && h('p', { class: 'problem', role: 'alert' }, 'The link is incomplete: its range is not a time. Choose a range.'),
    h('section', { class: 'find', 'aria-label': 'Find' },
      h(Head, { dataset, name: key, overview: overview.value }),
      overview.error && h(Problem, { error: overview.error, retry: overview.reload }),
      !overview.value && !overview.error && h('div', { class: 'timeline' }, h(Skeleton, { lines: 3 })),
      overview.value && (overview.value.objects === 0 ? h(NoObjects, { overview: overview.value })
        : h(Timeline, { overview: overview.value, range, onRange: (next) => void ask(text, next) }))),
    h(Elsewhere, { into: side }, h('details', { class: 'schema', open: matchMedia('(min-width: 900px)').matches },
      h('summary', null, h('h2', null, 'Columns'), columns.value && h('span', { class: 'aside' }, known.length)),
      h(Columns, { dataset, columns, result: query.result, layout, said: overview.error, overview: overview.value, range: read, onInsert: (name) => editor.current?.insert(name), onFilter: filter })),
    h(Lookups, { lookups, onInsert: (name) => editor.current?.insert(name) })),
    h(Ask, { dataset, text, columns: known, lookups, values, query, settled, editor, onText: type, onRun: ask }),
    query.sql !== asked && !trusted && h('p', { class: 'problem plain', role: 'status' }, 'This query came with the link. Read it, then run it.'),
    trusted && !isGrouped(asked) && (overview.value ? overview.value.partitions.length > 0 : !overview.error) && h(Matches, {
      dataset, query, columns: times, known: Boolean(columns.value || columns.error || query.error), time: layout.time, overview: overview.value, span: overview.value && spanOf(overview.value, read), range,
      onTime: (name) => layout.arrange({ time: name }),
      onWindow: (expression, window) => void ask(windowed(text, expression, window), covering(overview.value, range, window)),
    }),
    h(Result, {
      query, request, tab, setTab, plan, layout, rangeWords, said: overview.error, total: overview.value?.truncated ? undefined : overview.value?.objects,
      payload: destination.missing.length || !request
        ? { problem: request || !destination.chosen ? `Fill in ${destination.missing.map((setting) => setting.name).join(', ')} below to see the payload.` : unready }
        : { request },
      searched: { address, read },
      range,
      grouped: isGrouped(asked),
      chart: place.chart,
      onChart: (chart) => change({ chart }),
      onFilter: filter,
      onGroup: (column) => ask(grouped(text, column, known.map((entry) => entry.name))),
      onDrill: query.result && isGrouped(query.result.sql) && drilled(query.result.sql, {}, typeOf) ? (group) => ask(drilled(query.result.sql, group, typeOf)) : undefined,
      onAgain: () => query.run(asked, range, layout.wanted),
      onAll: () => ask(text, { from: 'all', to: undefined }),
    }),
    h(Send, { destination, request, unready, plan, rangeWords, onPreview: () => setTab('payload') }));
}

/** Whether something has ever been so. */
function useEver(now) {
  const ever = useRef(false);
  ever.current ||= Boolean(now);
  return ever.current;
}

/** Whether so many milliseconds have passed. */
function useElapsed(milliseconds) {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), milliseconds);
    return () => clearTimeout(timer);
  }, []);
  return isOver;
}

/** The request for preview, plan, export and saving. The newest partition is given by its times, so that all of them use the same one. */
function requestOf({ dataset, sql, range, destination }) {
  return destination.chosen && {
    tenant_id: dataset.tenant_id,
    dataset_id: dataset.dataset_id,
    sql,
    from: range.from,
    to: range.to,
    destination_type: destination.chosen.name || undefined,
    destination_config: destination.config,
  };
}
