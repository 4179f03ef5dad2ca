// A file with all that the query selects.
import { useEffect, useRef, useState } from 'preact/hooks';
import { file } from './api.js';
import { bytes } from './format.js';
import { save } from './give.js';
import { Problem, h } from './ui.js';

const FORMATS = [
  ['ndjson', 'NDJSON', 'A line of JSON for each record, the same bytes as an export.'],
  ['csv', 'CSV', 'For spreadsheets: a text that begins with = + - @ gets a \' in front, so that it is not computed. Nested values are JSON.'],
  ['parquet', 'Parquet', 'Each value with its type.'],
];

/** @param unready why there is no request */
export function Download({ request, unready }) {
  const [format, setFormat] = useState('ndjson');
  const [state, setState] = useState({});
  const running = useRef(null);
  const stop = () => {
    running.current?.abort();
    running.current = null;
    setState({});
  };
  useEffect(() => () => running.current?.abort(), []);
  const start = async () => {
    const abort = new AbortController();
    running.current = abort;
    setState({ busy: true });
    try {
      const { blob, name } = await file({ tenant_id: request.tenant_id, dataset_id: request.dataset_id, sql: request.sql, from: request.from, to: request.to, format }, abort.signal);
      if (running.current === abort) {
        save(name, blob);
        setState({ done: `${name}: ${bytes(blob.size)}` });
      }
    } catch (error) {
      if (running.current === abort) {
        setState({ error });
      }
    }
  };
  return h('div', { class: 'download' },
    h('p', { class: 'note' }, FORMATS.find(([id]) => id === format)[2], ' The file has all records of the query, or there is none.'),
    h('div', { class: 'bar-line' },
      h('select', { 'aria-label': 'Format', value: format, onChange: (event) => setFormat(event.target.value) },
        FORMATS.map(([id, name]) => h('option', { key: id, value: id }, name))),
      state.busy ? h('button', { type: 'button', onClick: stop }, 'Cancel')
        : h('button', { type: 'button', class: 'primary', disabled: !request, onClick: start }, 'Download'),
      h('span', { class: 'note', role: 'status' }, state.busy ? 'The query runs; the file follows…' : state.done ?? (request ? '' : unready))),
    h(Problem, { error: state.error }));
}
