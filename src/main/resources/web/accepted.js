// A record of the same hour that the destination took, beside one that it refused.
import { get, parameters, post } from './api.js';
import { json } from './exact.js';
import { Problem, Skeleton, h } from './ui.js';
import { useLoad } from './work.js';

const MOST = 200;
const HOUR = 3_600_000;

export function Accepted({ letter, query }) {
  const task = useLoad((signal) => accepted(letter, query, signal), [letter.id]);
  if (task.error) {
    return h(Problem, { error: task.error, retry: task.reload });
  }
  if (task.loading) {
    return h(Skeleton, { lines: 4 });
  }
  return task.value ? h('figure', null, h('figcaption', { class: 'note' }, 'A record of the same hour that was not refused'), h('pre', { class: 'json' }, json(task.value, 2)))
    : h('p', { class: 'note' }, `None of the first ${MOST} records of the same hour was accepted.`);
}

async function accepted(letter, { tenant_id, dataset_id, sql, address }, signal) {
  const [answer, refused] = await Promise.all([
    post('query', { tenant_id, dataset_id, sql, ...hour(letter.object), limit: MOST }, signal),
    get(`${address}/dead-letters` + parameters({ limit: 1000 }), signal),
  ]);
  if (answer.error) {
    throw new Error(answer.error);
  }
  const known = new Set(refused.dead_letters.map(({ record }) => JSON.stringify(record)));
  return answer.rows.find((row) => !known.has(JSON.stringify(row)));
}

/** The range of the partition of an object; without one, everything. */
function hour(object) {
  const [, year, month, day, at = '00'] = /year=(\d+)\/month=(\d+)\/day=(\d+)(?:\/hour=(\d+))?/.exec(object) ?? [];
  if (!year) {
    return { from: 'all' };
  }
  const from = Date.UTC(year, month - 1, day, at);
  return { from: new Date(from).toISOString(), to: new Date(from + HOUR).toISOString() };
}
