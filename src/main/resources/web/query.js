// Runs queries, one at a time.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { FIRST, query as ask, requestFor } from './early.js';

/** The number of records while one scrolls, and at most. */
const SCROLLED = 10000;
export const MOST = 100000;

/**
 * {sql, running, since, result, rest, more, error, cancelled, run, cancel}; `rest` asks for the next records while one scrolls, and `more` for as many records as possible. The last result stays until the next one arrives; `result.first` is the same for all answers to one question.
 */
export function useQuery({ tenant_id: tenant, dataset_id: dataset }) {
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
      const answer = await ask(requestFor({ tenant, dataset, sql, ...range }, timeColumn, limit), abort.signal);
      // A column may be named like a member of every object, such as constructor.
      answer.rows?.forEach((row) => Object.setPrototypeOf(row, null));
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
  }, [tenant, dataset]);

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
