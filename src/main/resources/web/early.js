// What the first view asks, asked as soon as this file is here: the lake works while the browser still loads the page. Everything else waits
// for the first records: on two cores it would make them wait.
import { get, query as ask } from './api.js';
import { MARK } from './exact.js';
import { hasRun, layout } from './memory.js';
import { read } from './place.js';
import { DEFAULT } from './sql.js';

/** The number of records that come first. */
export const FIRST = 500;
/** How long the rest of the page waits for them, in milliseconds. */
export const PATIENCE = 1000;

/** The request for records, the newest first. */
export const requestFor = ({ tenant, dataset, sql, from, to }, timeColumn, limit = FIRST) => ({
  tenant_id: tenant, dataset_id: dataset, sql, from, to, limit, omit_nulls: true, show_not_finite: true, not_finite_mark: MARK, newest_first: true, time_column: timeColumn,
});

/** A link may contain anybody's query: if this browser has not run it before, it waits for the person. */
export const isTrusted = (dataset, sql) => sql === DEFAULT || hasRun(dataset, sql);

/** Work that has begun, for the first who asks for the same. */
function begin(work) {
  const abort = new AbortController();
  const answer = work(abort.signal);
  // Who takes it gets the error.
  answer.catch(() => undefined);
  return {
    answer(signal) {
      signal.addEventListener('abort', () => abort.abort());
      return answer;
    },
    abort: () => abort.abort(),
    ended: answer.then(() => undefined, () => undefined),
  };
}

const place = read(location.hash);
let list;
let records;

function beginRecords({ tenant, dataset, sql = DEFAULT, from, to, time }) {
  const key = `${tenant}/${dataset}`;
  if (isTrusted(key, sql)) {
    const values = requestFor({ tenant, dataset, sql, from, to }, time ?? layout(key).time);
    records = { values: JSON.stringify(values), ...begin((signal) => ask(values, signal)) };
  }
}

/** Resolves when the first records are here, or will not come soon. */
export const calm = Promise.race([start(), new Promise((resolve) => { setTimeout(resolve, PATIENCE); })]);

async function start() {
  if (place.dataset) {
    beginRecords(place);
    return records?.ended;
  }
  list = begin((signal) => get('datasets', signal));
  if (place.view === 'data') {
    await list.answer(new AbortController().signal).then(
      ({ datasets: [first] }) => first && beginRecords({ ...place, tenant: first.tenant_id, dataset: first.dataset_id }), () => undefined);
  }
  return records?.ended;
}

export function datasets(signal) {
  const begun = list;
  list = undefined;
  return begun ? begun.answer(signal) : calm.then(() => get('datasets', signal));
}

export function query(values, signal) {
  const begun = records;
  records = undefined;
  if (begun?.values === JSON.stringify(values)) {
    return begun.answer(signal);
  }
  begun?.abort();
  return ask(values, signal);
}
