// Runs queries, one at a time.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { query as ask } from './api.js';

/** The most that the connector answers with. */
export const MOST = 100000;

/** {sql, running, since, result, more, error, cancelled, run, cancel}; `more` asks for as many records as can be had; the last result stays while the next one is awaited. */
export function useQuery(dataset) {
  const [state, setState] = useState({});
  const current = useRef(null);

  const stop = () => {
    const running = current.current;
    current.current = null;
    running?.abort();
    return Boolean(running);
  };

  const run = useCallback(async (sql, range, limit) => {
    stop();
    const abort = new AbortController();
    current.current = abort;
    setState((before) => ({ sql, running: true, since: performance.now(), result: before.result }));
    try {
      const answer = await ask({
        tenant_id: dataset.tenant_id, dataset_id: dataset.dataset_id, sql, from: range.from, to: range.to, limit,
      }, abort.signal);
      if (current.current === abort) {
        current.current = null;
        setState((before) => answer.error
          ? { sql, error: { message: answer.error, line: answer.line, column: answer.column }, result: before.result }
          : { sql, result: answer, more: answer.truncated && !limit ? () => run(sql, range, MOST) : undefined });
      }
    } catch (error) {
      if (current.current === abort) {
        current.current = null;
        setState((before) => ({ sql, error, result: before.result }));
      }
    }
  }, [dataset]);

  const cancel = useCallback(() => {
    const stopped = stop();
    if (stopped) {
      setState((before) => ({ sql: before.sql, cancelled: true, result: before.result }));
    }
    return stopped;
  }, []);

  useEffect(() => () => stop(), []);
  return { ...state, run, cancel };
}
