// Runs queries, one at a time, each with an id by which it can be cancelled.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { path, post, randomId, remove } from './api.js';

/** The most that the connector answers with. */
export const MOST = 100000;

/** {running, since, result, more, error, cancelled, run, cancel}; `more` asks for as many records as can be had; the last result stays while the next one is awaited. */
export function useQuery(dataset) {
  const [state, setState] = useState({});
  const current = useRef(null);

  const stop = () => {
    const query = current.current;
    if (query) {
      current.current = null;
      query.abort.abort();
      remove(path('queries', query.id)).catch(() => undefined);
    }
    return Boolean(query);
  };

  const run = useCallback(async (sql, range, limit) => {
    stop();
    const query = { id: randomId(), abort: new AbortController() };
    current.current = query;
    setState((before) => ({ running: true, since: performance.now(), result: before.result }));
    try {
      const answer = await post('query', {
        tenant_id: dataset.tenant_id, dataset_id: dataset.dataset_id, sql, from: range.from, to: range.to, limit, query_id: query.id,
      }, query.abort.signal);
      if (current.current === query) {
        current.current = null;
        setState((before) => answer.error
          ? { error: { message: answer.error, line: answer.line, column: answer.column }, result: before.result }
          : { result: answer, more: answer.truncated && !limit ? () => run(sql, range, MOST) : undefined });
      }
    } catch (error) {
      if (current.current === query) {
        current.current = null;
        setState((before) => ({ error, result: before.result }));
      }
    }
  }, [dataset]);

  const cancel = useCallback(() => {
    const stopped = stop();
    if (stopped) {
      setState((before) => ({ cancelled: true, result: before.result }));
    }
    return stopped;
  }, []);

  useEffect(() => () => stop(), []);
  return { ...state, run, cancel };
}
