// How many records match over the event time. Drag over them, choose a time back from now, or write one: that edits the query.
import { useMemo, useState } from 'preact/hooks';
import { query as ask } from './api.js';
import { Bars, useBrush } from './bars.js';
import { isLocal, number, plural, showLocal, time, zoneName } from './format.js';
import { countsOf, rangeOf, timeOf, windowOf } from './moment.js';
import { bucketsOf, closer, stepOf } from './series.js';
import { Toolbar } from './toolbar.js';
import { h } from './ui.js';
import { useLoad } from './work.js';
import { Written } from './written.js';

const BACK = [['15 min', 900], ['4 h', 14400], ['7 d', 604800]];
/** More buckets than are drawn, for records outside of the range that was asked for. */
const MOST = 10000;

/**
 * @param columns those that may tell the time
 * @param known whether these are all; until then, its place is kept
 * @param span {from, to} in milliseconds of what is read
 * @param onWindow gets the expression and {from, to}, or nothing to remove the window
 */
export function Matches({ dataset, query, columns, known, time: name, span, range, onTime, onWindow }) {
  const { result } = query;
  const column = columns.find((one) => one.name === name);
  const sample = useMemo(() => result?.first.rows.find((row) => row[name] !== undefined && row[name] !== null)?.[name], [result?.first, name]);
  const expression = column && timeOf(column, sample);
  const window = expression && windowOf(result?.sql ?? '', expression);
  const wide = { from: window?.from ?? span?.from, to: window?.to ?? span?.to };
  const sqlIn = (step) => countsOf(result.sql, expression, column, step / 1000, result.columns.includes(name));
  const sql = span && expression && result && sqlIn(stepOf(wide.to - wide.from));
  const count = async (step, wanted, signal) => {
    const answer = await ask({
      tenant_id: dataset.tenant_id, dataset_id: dataset.dataset_id, sql: sqlIn(step), from: range.from, to: range.to, limit: MOST, look: true,
    }, signal);
    const points = (answer.rows ?? []).filter((row) => row.moment).map((row) => [Date.parse(row.moment), Number(row.records)]);
    const near = closer(points, step);
    return near ? count(stepOf(near.to - near.from), near, signal) : { ...answer, points, step, wanted };
  };
  // What the person does not want to wait for.
  const [given, giveUp] = useState();
  const isGiven = given === sql;
  const counts = useLoad(sql && !isGiven && !query.running && ((signal) => count(stepOf(wide.to - wide.from), wide, signal)),
    [sql, range.from, range.to, isGiven || Boolean(query.running)], { keep: true });
  const { rows, points, step, wanted } = (!isGiven && counts.value) || {};
  const drawn = useMemo(() => points && bucketsOf(points, step, wanted), [points]);
  const brush = useBrush(drawn, (from, to) => onWindow(expression, { from, to }));
  if (!column || !sql) {
    return known && span && (result || query.error) ? null : h('section', { class: 'matches' });
  }
  const without = (rows ?? []).filter((row) => !row.moment).reduce((sum, row) => sum + Number(row.records), 0);
  return h('section', { class: counts.loading ? 'matches stale' : 'matches', 'aria-label': 'Matches over time', 'aria-busy': counts.loading },
    h('div', { class: 'bar-line' },
      h('span', { class: 'note', role: 'status' }, isGiven ? 'Not counted' : counts.loading ? 'Counting…' : drawn ? plural(drawn.total, 'match', 'matches') : counts.value?.error ?? counts.error?.message ?? 'No match has a time.',
        ' by ', h('select', { 'aria-label': 'Event time', value: name, onChange: (event) => onTime(event.target.value) },
          columns.map((one) => h('option', { key: one.name, value: one.name }, one.name)))),
      isGiven ? h('button', { type: 'button', class: 'quiet', onClick: () => giveUp(undefined) }, 'Count')
        : counts.loading && h('button', { type: 'button', class: 'quiet', title: 'Stop counting', onClick: () => giveUp(sql) }, 'Stop'),
      h('span', { class: 'space' }),
      h(Toolbar, { label: 'Time', class: 'times' },
        BACK.map(([words, seconds]) => h('button', { key: words, type: 'button', class: 'quiet', title: `The last ${words}, until now`, onClick: () => onWindow(expression, { from: Date.now() - seconds * 1000 }) }, words)),
        window && h('button', { type: 'button', class: 'quiet', onClick: () => onWindow(expression, undefined) }, 'Any time'),
        h('button', { type: 'button', class: 'quiet', title: isLocal() ? 'Show times in UTC' : 'Show times in the zone of this machine', onClick: turn }, zoneName())),
      h(Own, { window, onChange: (chosen) => onWindow(expression, chosen) })),
    drawn && h(Bars, { drawn, brush, label: `Matches over time, at most ${number(drawn.most)} in ${drawn.stepText}. Drag to zoom.` }),
    drawn && h('div', { class: 'axis', 'aria-hidden': 'true' },
      h('span', null, time(drawn.first)),
      h('span', null, `one bar: ${drawn.stepText}, ${zoneName(drawn.first)}`, drawn.outside > 0 && `; ${number(drawn.outside)} earlier or later`, without > 0 && `; ${number(without)} without a time`),
      h('span', null, time(drawn.last))));
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
