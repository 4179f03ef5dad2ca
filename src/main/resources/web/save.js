// Save as export: shows the file and the settings before anything is written.
import { useEffect, useRef, useState } from 'preact/hooks';
import { post } from './api.js';
import { time, zoneName } from './format.js';
import { download } from './give.js';
import { timeless } from './moment.js';
import { Copy, Problem, Skeleton, h } from './ui.js';
import { Watch } from './watch.js';
import { useLoad, useSettled, useTask } from './work.js';

/** The part of the name of an export that a name gives: the name of a dataset may contain any character, and many of them. */
const slug = (text) => text.toLowerCase().replace(/[^a-z0-9-]+/g, '-').slice(0, 45).replace(/^-+|-+$/g, '');

/** What is no number is sent as it is, and refused by its name. */
const given = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);

export function SaveAs({ request, destination, onClose }) {
  const [name, setName] = useState([slug(request.dataset_id), 'to', slug(destination)].filter(Boolean).join('-'));
  const [interval, setInterval] = useState('60');
  const [batch, setBatch] = useState('1000');
  const { from, to, ...whole } = request;
  const timed = timeless(request.sql);
  const [keeps, setKeeps] = useState(Boolean(timed) && timed.to === undefined);
  const wanted = { ...whole, sql: timed && !keeps ? timed.sql : request.sql, name, interval_seconds: given(interval), batch_size: given(batch) };
  const settled = useSettled(JSON.stringify(wanted), 250);
  const draft = useLoad((signal) => post('exports/draft', JSON.parse(settled), signal), [settled]);
  const written = useTask(() => post('exports', wanted));
  useEffect(written.clear, [settled]);
  const file = draft.value?.file?.split('/').pop() ?? `${name}.camel.yaml`;
  const root = useRef(null);
  useEffect(() => {
    root.current.scrollIntoView({ block: 'start' });
    root.current.querySelector('input').focus({ preventScroll: true });
  }, []);
  const errors = [draft.value?.errors ?? []].flat();

  return h('div', { ref: root, class: 'save', role: 'region', 'aria-label': 'Save as export' },
    h('p', { class: 'note' }, 'The export delivers all records that the query selects from the dataset, then each new record. The range above applies to this page only.'),
    timed && h('label', { class: 'note' }, `The query selects only ${spanText(timed)}. `, h('select', { value: String(keeps), onChange: (event) => setKeeps(event.target.value === 'true') },
      h('option', { value: 'false' }, 'The export has no such limit'), h('option', { value: 'true' }, 'The export has the same limit'))),
    h('div', { class: 'fields' },
      h(Input, { label: 'name', value: name, onInput: setName, note: 'lower case, digits and -' }),
      h(Input, { label: 'interval-seconds', value: interval, onInput: setInterval, note: 'how often watch mode looks for new objects', inputmode: 'numeric' }),
      h(Input, { label: 'batch-size', value: batch, onInput: setBatch, note: 'records delivered together', inputmode: 'numeric' })),
    draft.error ? h(Problem, { error: draft.error }) : !draft.value ? h(Skeleton, { lines: 6 }) : [
      errors.map((text) => h('p', { key: text, class: 'bad' }, text)),
      h(Text, { title: draft.value.file, text: draft.value.yaml }),
      draft.value.settings && h(Text, { title: 'Put this into application.properties', text: draft.value.settings }),
      draft.value.command && h(Text, { title: draft.value.settings ? 'Then run it' : 'Run it', text: draft.value.command }),
    ],
    h('div', { class: 'bar-line' },
      h('button', { type: 'button', class: 'primary', disabled: !draft.value?.writable || written.busy || errors.length > 0, onClick: written.run }, 'Write the file'),
      h('button', { type: 'button', disabled: !draft.value, onClick: () => download(file, draft.value.yaml, 'application/yaml') }, 'Download'),
      h('button', { type: 'button', class: 'quiet', onClick: onClose }, 'Close')),
    draft.value && !draft.value.writable && h('p', { class: 'bad' }, `This process cannot write to the folder of ${draft.value.file}. Download the file and put it there.`),
    h(Problem, { error: written.error }),
    written.value && [
      h('p', { class: 'verdict good', role: 'status' }, `Written: ${written.value.file}. ${draft.value?.settings ? 'Put the settings above into application.properties, then run it.' : ''}`),
      h(Watch, null),
    ]);
}

function spanText({ from, to }) {
  const ends = [from !== undefined && `from ${time(from)}`, to !== undefined && `to ${time(to)}`].filter(Boolean);
  return `records ${ends.join(' ')} ${zoneName(from ?? to)}`;
}

const Text = ({ title, text }) => h('div', { class: 'file' },
  h('div', { class: 'bar-line' }, h('strong', null, title), h('span', { class: 'space' }), h(Copy, { text })),
  h('pre', { tabIndex: 0 }, text));

function Input({ label, value, onInput, note, inputmode }) {
  const id = `save-${label}`;
  return h('div', { class: 'field' }, h('label', { for: id }, label),
    h('input', { id, value, inputmode, 'aria-describedby': `${id}-note`, onInput: (event) => onInput(event.target.value) }),
    h('small', { id: `${id}-note` }, note));
}
