// How many records match over the event time. Drag over them, choose a time back from now, or write one: that edits the query.
import { useMemo, useState } from 'preact/hooks';
import { query as ask } from './api.js';
import { Bars, useBrush } from './bars.js';
import { isLocal, now, number, plural, showLocal, time, zoneName } from './format.js';
import { countsOf, rangeOf, timeOf, windowOf } from './moment.js';
import { partsOf } from './parts.js';
import { bucketsOf, closer, stepOf } from './series.js';
import { Toolbar } from './toolbar.js';
import { h } from './ui.js';
import { useLoad } from './work.js';
import { Written } from './written.js';

const BACK = [['15 min', 900], ['4 h', 14400], ['7 d', 604800]];
/** More buckets than are drawn, for records outside of the range that was asked for. */
const MOST = 10000;
/** More objects than this are counted in parts, so that a person sees the bars grow, and the time limit of a query is for one part. */
const MANY = 2000;
const PARTS = 20;
const LEAST_OBJECTS = 500;

/** Why there are no bars, and the columns that could have the time. */
function Uncounted({ column, columns, onTime }) {
  return h('p', { class: 'note' }, column ? 'The matches of this query cannot be counted over time.' : 'No column is known to have the time of an event. ',
    !column && columns.length > 0 && h('select', { 'aria-label': 'Event time', value: '', onChange: (event) => onTime(event.target.value) },
      h('option', { value: '' }, 'Choose one'), columns.map(({ name }) => h('option', { key: name, value: name }, name))));
}

/**
 * @param columns those that may tell the time
 * @param known whether these are all; until then, its place is kept
 * @param overview of the dataset, which has its partitions
 * @param span {from, to} in milliseconds of what is read
 * @param onWindow gets the expression and {from, to}, or nothing to remove the window
 */
export function Matches({ dataset, query, columns, known, time: name, overview, span, range, onTime, onWindow }) {
  const { result } = query;
  const column = columns.find((one) => one.name === name);
  const sample = useMemo(() => result?.first.rows.find((row) => row[name] !== undefined && row[name] !== null)?.[name], [result?.first, name]);
  const expression = column && timeOf(column, sample);
  const window = expression && windowOf(result?.sql ?? '', expression);
  const wide = { from: window?.from ?? span?.from, to: window?.to ?? span?.to };
  const sqlIn = (step) => countsOf(result.sql, expression, column, step / 1000, result.columns.includes(name));
  const sql = span && expression && result && sqlIn(stepOf(wide.to - wide.from));
  const parts = useMemo(() => (overview && span ? inParts(overview, span, range) : []), [overview?.objects, overview?.bytes, span?.from, span?.to, range]);
  const count = async (step, wanted, signal, tell) => {
    let found = { sql, step, wanted, points: [], without: 0, objects: 0, of: parts.reduce((sum, { objects }) => sum + objects, 0) };
    for (const part of parts) {
      const answer = await ask({
        tenant_id: dataset.tenant_id, dataset_id: dataset.dataset_id, sql: sqlIn(step), from: part.from, to: part.to, limit: MOST, look: true,
      }, signal);
      if (answer.error) {
        return { ...found, error: answer.error };
      }
      found = { ...added(found, answer.rows), objects: found.objects + part.objects, since: part.from };
      if (found.objects < found.of) {
        tell(found);
      }
    }
    const whole = { ...found, isWhole: true };
    const near = closer(found.points, step);
    if (!near) {
      return whole;
    }
    tell(whole);
    return count(stepOf(near.to - near.from), near, signal, () => undefined);
  };
  // What the person does not want to wait for.
  const [given, giveUp] = useState();
  const isGiven = given === sql;
  const counts = useLoad(sql && !isGiven && !query.running && ((signal, tell) => count(stepOf(wide.to - wide.from), wide, signal, tell)),
    [sql, range.from, range.to, parts, isGiven || Boolean(query.running)], { keep: true });
  const { points, step, wanted, without } = (isGiven && counts.value?.sql !== sql ? undefined : counts.value) ?? {};
  const drawn = useMemo(() => points && bucketsOf(points, step, wanted), [points]);
  const isStopped = isGiven && !counts.value?.isWhole;
  const brush = useBrush(drawn, (from, to) => onWindow(expression, { from, to }));
  if (!column || !sql) {
    // Its place is kept, so that the records keep theirs.
    return known && query.error && !result ? null : h('section', { class: 'matches' }, known && span && result && h(Uncounted, { column, columns, onTime }));
  }
  return h('section', { class: counts.loading ? 'matches stale' : 'matches', 'aria-label': 'Matches over time', 'aria-busy': counts.loading },
    h('div', { class: 'bar-line' },
      h('span', { class: 'note', role: 'status' }, wordsOfCount({ counts, drawn, isGiven }),
        ' by ', h('select', { 'aria-label': 'Event time', value: name, onChange: (event) => onTime(event.target.value) },
          columns.map((one) => h('option', { key: one.name, value: one.name }, one.name)))),
      isStopped ? h('button', { type: 'button', class: 'quiet', onClick: () => giveUp(undefined) }, drawn ? 'Count all' : 'Count')
        : !counts.loading && (counts.error || counts.value?.error) ? h('button', { type: 'button', class: 'quiet', onClick: counts.reload }, 'Count again')
        : counts.loading && h('button', { type: 'button', class: 'quiet', title: 'Stop counting', onClick: () => giveUp(sql) }, 'Stop'),
      h('span', { class: 'space' }),
      h(Toolbar, { label: 'Time', class: 'times' },
        BACK.map(([words, seconds]) => h('button', { key: words, type: 'button', class: 'quiet', title: `The last ${words}, until now`, onClick: () => onWindow(expression, { from: now() - seconds * 1000 }) }, words)),
        window && h('button', { type: 'button', class: 'quiet', onClick: () => onWindow(expression, undefined) }, 'Any time'),
        h('button', { type: 'button', class: 'quiet', title: isLocal() ? 'Show times in UTC' : 'Show times in the zone of this machine', onClick: turn }, zoneName())),
      h(Own, { window, onChange: (chosen) => onWindow(expression, chosen) })),
    drawn && h(Bars, { drawn, brush, label: `Matches over time, at most ${number(drawn.most)} in ${drawn.stepText}. Drag to zoom.` }),
    drawn && h('div', { class: 'axis', 'aria-hidden': 'true' },
      h('span', null, time(drawn.first)),
      h('span', null, `one bar: ${drawn.stepText}, ${zoneName(drawn.first)}`, drawn.outside > 0 && `; ${number(drawn.outside)} earlier or later`, without > 0 && `; ${number(without)} without a time`),
      h('span', null, time(drawn.last))));
}

/** Few objects are counted at once. */
function inParts(overview, span, range) {
  const parts = partsOf(overview, { range: span, most: PARTS, least: LEAST_OBJECTS });
  const objects = parts.reduce((sum, part) => sum + part.objects, 0);
  return parts.length > 1 && objects > MANY ? parts : [{ ...range, objects }];
}

/** `before` with the rows of a further part: [{moment, records}]. */
function added(before, rows) {
  const points = new Map(before.points);
  let { without } = before;
  for (const { moment, records } of rows) {
    if (moment) {
      points.set(Date.parse(moment), (points.get(Date.parse(moment)) ?? 0) + Number(records));
    } else {
      without += Number(records);
    }
  }
  return { ...before, points: [...points].sort(([one], [other]) => one - other), without };
}

function wordsOfCount({ counts: { value, error, loading, isTold }, drawn, isGiven }) {
  if (loading && !isTold && !isGiven) {
    return 'Counting…';
  }
  const problem = loading ? undefined : value?.error ?? error?.message;
  if (!drawn) {
    return isGiven ? 'Not counted' : loading ? 'Counting…' : problem ?? 'No match has a time.';
  }
  const words = plural(drawn.total, 'match', 'matches');
  return value.isWhole ? words
    : `${words} in ${loading ? '' : 'the newest '}${number(value.objects)} of ${plural(value.of, 'object')}${loading ? ' so far' : `, back to ${time(value.since)} ${zoneName(value.since)}`}${problem ? `: ${problem}` : ''}`;
}

function turn() {
  showLocal(!isLocal());
  dispatchEvent(new Event('zone'));
}

const minute = (moment) => (time(moment).length > 10 ? time(moment) : `${time(moment)} 00:00`);

function wordsOf({ from, to }) {
  if (from === undefined || to === undefined) {
    return from === undefined ? `until ${minute(to)}` : minute(from);
  }
  const [first, last] = [minute(from), minute(to)];
  return `${first} to ${first.slice(0, 10) === last.slice(0, 10) ? last.slice(11) : last}`;
}

/** A range as a person writes it. */
function Own({ window, onChange }) {
  const written = (text) => {
    const found = text ? rangeOf(text) : undefined;
    return typeof found === 'string' ? found : onChange(found);
  };
  return h('span', { class: 'own' }, h(Written, {
    'aria-label': `Time, ${zoneName()}`, placeholder: '4 h, or 2026-11-20 14:00 to 15:00', shown: window ? wordsOf(window) : '', onWritten: written,
  }));
}
