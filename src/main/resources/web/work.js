// Work that takes a while: what is loaded, and what a click starts.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** The wait before a request without an answer is sent again, in milliseconds. */
export const RETRY = 5000;
/** The states of requests that are sent again automatically: the connector did not answer or was starting, or a system behind it did not answer. */
export const PASSING = [0, 502, 503];

/** Loads when dependencies change: {value, error, loading, isTold, reload}. An answer that comes too late is dropped; with `keep`, a failure, or nothing to load, leaves the last value. `load` gets a signal, and a function that takes what is there so far: `isTold`. */
export function useLoad(load, dependencies, { keep = false } = {}) {
  const [state, setState] = useState({ loading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!load) {
      setState((before) => ({ value: keep ? before.value : undefined, loading: false }));
      return undefined;
    }
    const abort = new AbortController();
    setState((before) => ({ ...before, loading: true, isTold: false }));
    load(abort.signal, (value) => !abort.signal.aborted && setState({ value, loading: true, isTold: true })).then(
      (value) => !abort.signal.aborted && setState({ value, loading: false }),
      (error) => !abort.signal.aborted && setState((before) => ({ value: keep ? before.value : undefined, error, loading: false })),
    );
    return () => abort.abort();
  }, [...dependencies, turn]);
  const reload = useCallback(() => {
    // At once, so that nobody acts on the old value before the effect runs.
    setState((before) => ({ ...before, loading: true, isTold: false }));
    setTurn((number) => number + 1);
  }, []);
  return { ...state, reload };
}

/** Work that a click starts: {busy, error, value, run, clear}. A second click while it is under way starts nothing. */
export function useTask(work) {
  const [state, setState] = useState({ busy: false });
  const latest = useRef(work);
  latest.current = work;
  const underWay = useRef(false);
  const run = useCallback(async (...input) => {
    if (underWay.current) {
      return undefined;
    }
    underWay.current = true;
    setState({ busy: true });
    try {
      const value = await latest.current(...input);
      setState({ busy: false, value });
      return value;
    } catch (error) {
      setState({ busy: false, error });
      return undefined;
    } finally {
      underWay.current = false;
    }
  }, []);
  const clear = useCallback(() => setState({ busy: false }), []);
  return { ...state, run, clear };
}

/** The value after it has not changed for this many milliseconds. */
export function useSettled(value, delay) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
