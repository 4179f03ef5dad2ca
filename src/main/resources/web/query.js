// Runs queries, one at a time.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { query as ask } from './api.js';

/** The number of records that come first, while one scrolls, and at most. */
const FIRST = 500;
const SCROLLED = 10000;
export const MOST = 100000;

/**
 * {sql, running, since, result, rest, more, error, cancelled, run, cancel}; `rest` asks for the next records while one scrolls, and `more` for as many records as possible. The last result stays until the next one arrives; `result.first` is the same for all answers to one question.
 */
export function useQuery(dataset) {
  const [state, setState] = useState({});
  const current = useRef(null);

  const stop = () => {
    const running = current.current;
    current.current = null;
    running?.abort();
    return Boolean(running);
  };

  const run = useCallback(async (sql, range, timeColumn, limit = FIRST, first = undefined) => {
    stop();
    const abort = new AbortController();
    current.current = abort;
    setState((before) => ({ sql, running: !first || limit === MOST, growing: Boolean(first), since: performance.now(), result: before.result }));
    try {
      const answer = await ask({
        tenant_id: dataset.tenant_id, dataset_id: dataset.dataset_id, sql, from: range.from, to: range.to, limit,
        omit_nulls: true, newest_first: true, time_column: timeColumn,
      }, abort.signal);
      if (current.current === abort) {
        current.current = null;
        const grown = (most) => answer.limited_by === 'records' && limit < most
          ? () => run(sql, range, timeColumn, most, first ?? answer) : undefined;
        setState((before) => answer.error
          ? { sql, error: { message: answer.error, line: answer.line, column: answer.column }, result: before.result }
          : { sql, result: { ...answer, sql, first: first ?? answer }, rest: grown(SCROLLED), more: grown(MOST) });
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
