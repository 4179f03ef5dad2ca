// A profile over all partitions, part by part with the newest first, so that a person sees it grow and can stop it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { query as ask } from './api.js';
import { number, plural, time, value, zoneName } from './format.js';
import { partsOf } from './parts.js';
import { identifier } from './sql.js';
import { Problem, h } from './ui.js';

const PARTS = 40;
/** A part below this takes longer to begin than to read. */
const LEAST_OBJECTS = 200;
/** The values of a part that are asked for, and those that are shown. */
const MOST_VALUES = 1000;
const SHOWN = 10;

const NOTHING = { objects: 0, records: 0, nulls: 0, distinct: 0, counts: new Map(), exact: true };

/** `before` with the rows of a further part: [{value, records, total, groups}]. */
export function added(before, { objects }, rows) {
  const counts = new Map(before.counts);
  const groups = Number(rows[0]?.groups ?? 0);
  let { nulls } = before;
  for (const { value: given, records } of rows) {
    if (given === null || given === undefined) {
      nulls += Number(records);
    } else {
      const key = value(given);
      counts.set(key, { given, count: (counts.get(key)?.count ?? 0) + Number(records) });
    }
  }
  return {
    objects: before.objects + objects, records: before.records + Number(rows[0]?.total ?? 0), nulls, counts,
    distinct: Math.max(counts.size, before.distinct, groups), exact: before.exact && groups <= rows.length,
  };
}

const sqlOf = (column) => 'SELECT value, records, (sum(records) OVER ())::BIGINT AS total, count(*) OVER () AS groups\n'
  + `FROM (SELECT ${identifier(column)} AS value, count(*) AS records FROM events GROUP BY ALL)\nORDER BY records DESC\nLIMIT ${MOST_VALUES}`;

/** @param overview of the dataset, which has its partitions */
export function ProfileOfAll({ dataset, column, overview, onFilter }) {
  const [state, setState] = useState({});
  const running = useRef(null);
  const stop = () => running.current?.abort();
  useEffect(() => stop, []);
  const start = async () => {
    const abort = new AbortController();
    running.current = abort;
    let found = NOTHING;
    try {
      for (const part of partsOf(overview, { most: PARTS, least: LEAST_OBJECTS })) {
        setState({ found, busy: true });
        const answer = await ask({
          tenant_id: dataset.tenant_id, dataset_id: dataset.dataset_id, sql: sqlOf(column.name), from: part.from, to: part.to, limit: MOST_VALUES, look: true,
        }, abort.signal);
        if (answer.error) {
          throw new Error(answer.error);
        }
        found = { ...added(found, part, answer.rows), since: part.from };
      }
      setState({ found });
    } catch (error) {
      setState({ found, error: abort.signal.aborted ? undefined : error });
    }
  };
  const { found, busy, error } = state;
  if (!found) {
    return h('button', { type: 'button', onClick: start }, `Over all ${plural(overview.objects, 'object')}`);
  }
  const top = [...found.counts.values()].sort((one, other) => other.count - one.count).slice(0, SHOWN);
  const isAll = found.objects === overview.objects;
  return h('div', { class: 'profile-of-all', 'aria-busy': Boolean(busy) },
    h('p', { role: 'status' }, `${number(found.objects)} of ${plural(overview.objects, 'object')}`, !busy && !isAll && found.since && `, back to ${time(found.since)} ${zoneName(found.since)}`),
    busy && h('div', { class: 'bar-line' }, h('progress', { max: overview.objects, value: found.objects, 'aria-label': 'Objects read' }), h('button', { type: 'button', onClick: stop }, 'Stop')),
    h(Problem, { error }),
    h('p', null, `${plural(found.records, 'record')}, ${found.exact ? '' : 'at least '}${number(found.distinct)} distinct, ${number(found.nulls)} null`),
    h('ul', { class: 'bars' }, top.map(({ given, count }) => h('li', { key: value(given) },
      h('button', { type: 'button', class: 'quiet', title: 'Filter by this value', onClick: () => onFilter(column.name, given) },
        h('span', { class: 'fill', style: { width: `${count / Math.max(found.records, 1) * 100}%` } }),
        h('span', { class: 'name' }, value(given)), h('span', { class: 'aside' }, number(count)))))),
    !found.exact && h('p', { class: 'note' }, `Counts are minimums: only the ${number(MOST_VALUES)} most frequent values of each part count.`),
    !busy && !isAll && h('button', { type: 'button', onClick: start }, 'Again, from the newest'));
}
