// Step two: the SQL editor with run, cancel, examples and history.
import { useEffect, useRef, useState } from 'preact/hooks';
import { time, zoneName } from './format.js';
import { queries } from './memory.js';
import { DEFAULT, examples } from './sql.js';
import { Toolbar } from './toolbar.js';
import { MODIFIER, Menu, h } from './ui.js';

/** The editor is most of the page's weight. It comes after the first records, or when it is needed, or after this time in milliseconds. */
const LATEST = 2000;

/** @param settled whether the first records are there, or will not come */
export function Ask({ dataset, text, columns, lookups, values, query, settled, editor, onText, onRun }) {
  const place = useRef(null);
  const [wanted, setWanted] = useState(settled);
  const want = () => setWanted(true);
  const [lost, setLost] = useState(false);
  const latest = useRef({});
  latest.current = { text, onText, onRun, cancel: query.cancel, tables: { columns, lookups, values } };

  useEffect(() => {
    if (settled) {
      want();
    }
    const timer = setTimeout(want, LATEST);
    return () => clearTimeout(timer);
  }, [settled]);
  useEffect(() => {
    if (!wanted) {
      return undefined;
    }
    let gone = false;
    import('./editor.js').then(({ createEditor }) => {
      if (!gone) {
        const isWaitedFor = place.current.contains(document.activeElement);
        place.current.replaceChildren();
        editor.current = createEditor(place.current, {
          text: latest.current.text,
          tables: latest.current.tables,
          onChange: (next) => latest.current.onText(next),
          onRun: () => latest.current.onRun(latest.current.text),
          onCancel: () => latest.current.cancel(),
        });
        if (isWaitedFor) {
          editor.current.focus();
        }
      }
    }, () => setLost(true));
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = null;
    };
  }, [wanted]);
  useEffect(() => editor.current?.setTables({ columns, lookups, values }), [columns, lookups, values]);
  useEffect(() => editor.current?.mark(query.error), [query.error]);

  const key = `${dataset.tenant_id}/${dataset.dataset_id}`;
  const questions = text === DEFAULT ? examples(columns).slice(1) : [];
  return h('section', { class: 'ask', 'aria-label': 'Ask' },
    h('div', { class: 'editor', ref: place }, h('pre', { class: 'waiting', tabIndex: 0, onFocus: want }, text)),
    lost && h('p', { class: 'problem', role: 'alert' }, 'The editor did not load. Reload this page.'),
    h(Toolbar, { label: 'Query', class: 'bar-line' },
      query.running
        ? h('button', { type: 'button', onClick: query.cancel }, 'Cancel')
        : h('button', { type: 'button', class: 'primary', onClick: () => onRun(text) }, 'Run ', h('kbd', null, `${MODIFIER} ↵`)),
      query.running && h(Elapsed, { since: query.since }),
      questions.length > 0 && h('span', { class: 'questions' }, questions.map(([title, sql]) =>
        h('button', { key: title, type: 'button', class: 'quiet', title: sql, onClick: () => onRun(sql) }, title))),
      h('span', { class: 'space' }),
      h(Menu, { label: 'Examples', align: 'right' }, (close) => h('ul', null, examples(columns).map(([title, sql]) =>
        h('li', { key: title }, h('button', { type: 'button', class: 'quiet', onClick: () => { close(); onRun(sql); } },
          h('strong', null, title), h('code', null, sql)))))),
      h(Menu, { label: 'History', align: 'right' }, (close) => h(History, { dataset: key, close, onRun }))));
}

function History({ dataset, close, onRun }) {
  const list = queries().filter((entry) => entry.dataset === dataset);
  if (!list.length) {
    return h('p', { class: 'note' }, 'This browser keeps the queries that you run on this dataset.');
  }
  return h('ul', null, list.map((entry) => h('li', { key: entry.at },
    h('button', { type: 'button', class: 'quiet', onClick: () => { close(); onRun(entry.sql); } },
      h('code', null, entry.sql), h('span', { class: 'aside' }, `${time(entry.at)} ${zoneName(entry.at)}`)))));
}

function Elapsed({ since }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 100);
    return () => clearInterval(timer);
  }, []);
  const seconds = (performance.now() - since) / 1000;
  return h('span', { class: 'note elapsed', role: 'timer' }, seconds < 0.3 ? '' : `Running for ${seconds.toFixed(1)} s`);
}
