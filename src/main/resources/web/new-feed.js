// New feed: shows the file and the settings before anything is written, and how to send an event.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, post } from './api.js';
import { download } from './give.js';
import { Copy, Problem, Skeleton, h } from './ui.js';
import { useLoad, useSettled, useTask } from './work.js';

const FORMATS = ['', 'auto', 'ndjson', 'json', 'text', 'syslog'];
const SECRET = /(^|-)(token|password|api-key|access-key|secret-key)$/;

export function NewFeed({ onWritten, onClose }) {
  const inputs = useLoad((signal) => get('inputs', signal), []);
  const [feed, setFeed] = useState({ name: 'my-feed', input: 'http', tenant_id: 'acme', dataset_id: 'my-dataset', format: '' });
  const [parameters, setParameters] = useState({});
  const own = inputs.value?.inputs[feed.input] ?? {};
  // Of http, any feed may have a token; its input adds nothing.
  const names = [...Object.keys(own).filter((name) => name !== 'format'), ...(feed.input === 'http' ? ['token'] : [])];
  const wanted = { ...feed, parameters: Object.fromEntries(names.map((name) => [name, parameters[name]]).filter(([, value]) => value)) };
  const settled = useSettled(JSON.stringify(wanted), 250);
  const draft = useLoad((signal) => post('feeds/draft', JSON.parse(settled), signal), [settled], { keep: true });
  const written = useTask(async () => {
    const saved = await post('feeds', wanted);
    onWritten();
    return saved;
  });
  useEffect(written.clear, [settled]);
  const root = useRef(null);
  useEffect(() => root.current?.querySelector('input')?.focus(), []);
  const set = (name) => (value) => setFeed((before) => ({ ...before, [name]: value }));
  const setOwn = (name) => (value) => setParameters((before) => ({ ...before, [name]: value }));
  const errors = draft.value?.errors ?? [];
  const ready = draft.value && !draft.loading && !draft.error && settled === JSON.stringify(wanted) && errors.length === 0;
  return h('div', { ref: root, class: 'save', role: 'region', 'aria-label': 'New feed' },
    h('h2', null, 'New feed'),
    h('div', { class: 'fields' },
      h(Field, { label: 'name', value: feed.name, onValue: set('name'), note: 'lower case, digits and -' }),
      h(Choice, { label: 'input', value: feed.input, options: Object.keys(inputs.value?.inputs ?? { http: {} }), onValue: set('input') }),
      h(Field, { label: 'tenant', value: feed.tenant_id, onValue: set('tenant_id') }),
      h(Field, { label: 'dataset', value: feed.dataset_id, onValue: set('dataset_id'), note: feed.input === 'http' ? 'or several (a,b), or a pattern (*): senders name one' : 'one' }),
      h(Choice, { label: 'format', value: feed.format, options: FORMATS, shown: (name) => name || `as usual${own.format ? `: ${own.format}` : ''}`, onValue: set('format') }),
      names.map((name) => (SECRET.test(name)
        ? h(Choice, { key: name, label: name, value: parameters[name] ?? '', options: ['', 'yes'], shown: (value) => (value ? `the setting feeds.${feed.name}.${name}` : 'none'), onValue: setOwn(name) })
        : h(Field, { key: name, label: name, value: parameters[name] ?? '', placeholder: own[name] ?? '', onValue: setOwn(name) })))),
    draft.error ? h(Problem, { error: draft.error }) : !draft.value ? h(Skeleton, { lines: 6 }) : [
      errors.map((text) => h('p', { key: text, class: 'bad' }, text)),
      h(Text, { title: draft.value.file, text: draft.value.yaml }),
      draft.value.settings && h(Text, { title: 'Put this into application.properties, with its value', text: draft.value.settings }),
      h(Text, { title: 'Start it', text: draft.value.command }),
      draft.value.test && h(Text, { title: 'Then send an event', text: draft.value.test }),
    ],
    h('p', { class: 'note' }, 'A watch and --mode ingest open a new feed within seconds. A token is a setting: set it, and start them again.'),
    h('div', { class: 'bar-line' },
      h('button', { type: 'button', class: 'primary', disabled: !ready || !draft.value.writable || written.busy, onClick: written.run }, 'Write the file'),
      h('button', { type: 'button', disabled: !draft.value, onClick: () => download(draft.value.file.split('/').pop(), draft.value.yaml, 'application/yaml') }, 'Download'),
      h('button', { type: 'button', class: 'quiet', onClick: onClose }, 'Close')),
    draft.value && !draft.value.writable && h('p', { class: 'bad' }, `This process cannot write to the folder of ${draft.value.file}. Download the file and put it there.`),
    h(Problem, { error: written.error }),
    written.value && h('p', { class: 'verdict good', role: 'status' }, `Written: ${written.value.file}. Restart the connector, and the feed is open.`));
}

const Text = ({ title, text }) => h('div', { class: 'file' },
  h('div', { class: 'bar-line' }, h('strong', null, title), h('span', { class: 'space' }), h(Copy, { text })),
  h('pre', { tabIndex: 0 }, text));

function Field({ label, value, placeholder, onValue, note }) {
  const id = `feed-${label}`;
  return h('div', { class: 'field' }, h('label', { for: id }, label),
    h('input', { id, value, placeholder, autocomplete: 'off', onInput: (event) => onValue(event.target.value) }),
    note && h('small', null, note));
}

function Choice({ label, value, options, shown = (name) => name, onValue }) {
  const id = `feed-${label}`;
  return h('div', { class: 'field' }, h('label', { for: id }, label),
    h('select', { id, value, onChange: (event) => onValue(event.target.value) },
      options.map((name) => h('option', { key: name, value: name }, shown(name)))));
}
