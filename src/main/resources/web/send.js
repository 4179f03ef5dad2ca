// Step three: choose a destination, fill in its settings, see what would happen, send once or save as an export.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { get, post } from './api.js';
import { calm } from './early.js';
import { later } from './later.js';
import { destinationName, rememberDestination, rememberRun, rememberTypedSettings, run as rememberedRun } from './memory.js';
import { Toolbar } from './toolbar.js';
import { Problem, Skeleton, h } from './ui.js';
import { useLoad, useTask } from './work.js';

/** The first destination, a file with all that the query selects, needs no settings. */
const DOWNLOAD = { name: '', title: 'a file: download', settings: [], checkable: false };

const Download = later(() => import('./download.js'), 'Download');
const RunProgress = later(() => import('./run.js'), 'RunProgress');
const SaveAs = later(() => import('./save.js'), 'SaveAs');

/** The destinations and the typed values, which outlive a change of the dataset and a reload; secrets stay in this page's memory only. */
export function useDestination([typed, setTyped]) {
  const destinations = useLoad((signal) => calm.then(() => get('destinations', signal)), []);
  const [name, setName] = useState(destinationName);
  const list = useMemo(() => (destinations.value ? [DOWNLOAD, ...destinations.value.destinations] : []), [destinations.value]);
  const configured = destinations.value?.configured === 'stdout' ? DOWNLOAD.name : destinations.value?.configured;
  const chosen = [name, configured].map((wanted) => list.find((entry) => entry.name === wanted)).find(Boolean) ?? list[0];
  const config = useMemo(() => {
    const given = Object.entries(typed[chosen?.name] ?? {}).filter(([, text]) => text !== '');
    return Object.fromEntries(given);
  }, [typed, chosen]);
  useEffect(() => {
    if (list.length) {
      rememberTypedSettings(withoutSecrets(typed, list));
    }
  }, [typed, list]);
  const missing = (chosen?.settings ?? []).filter((setting) =>
    setting.required && !setting.configured && !filled(setting.value) && !filled(setting.default) && !filled(config[setting.name]));
  return {
    destinations, list, chosen, config, missing,
    choose: (next) => {
      rememberDestination(next);
      setName(next);
    },
    type: (setting, text) => setTyped((before) => ({ ...before, [chosen.name]: { ...before[chosen.name], [setting]: text } })),
    text: (setting) => typed[chosen.name]?.[setting.name] ?? (setting.secret ? '' : setting.value ?? ''),
  };
}

/** Of a destination that is not known, any setting may be secret. */
const withoutSecrets = (typed, list) => Object.fromEntries(list.filter(({ name }) => typed[name]).map(({ name, settings }) =>
  [name, Object.fromEntries(settings.filter((setting) => !setting.secret && setting.name in typed[name]).map((setting) => [setting.name, typed[name][setting.name]]))]));

const filled = (text) => text !== undefined && text !== null && text !== '';

export function Send({ destination, request, unready, plan, rangeWords, onPreview }) {
  const [panel, setPanel] = useState(null);
  const [run, setRun] = useState(rememberedRun);
  const [running, setRunning] = useState(Boolean(run));
  const show = (id) => {
    rememberRun(id);
    setRunning(Boolean(id));
    setRun(id);
  };
  const { destinations, list, chosen, config, missing } = destination;
  const target = { type: chosen?.name, config };
  const query = request && { tenant_id: request.tenant_id, dataset_id: request.dataset_id, sql: request.sql };
  const check = useTask(() => post('check-destination', { ...target, ...query }));
  const test = useTask(() => post('test-destination', target));
  const start = useTask(async () => show((await post('runs', request)).id));
  useEffect(() => {
    check.clear();
    test.clear();
  }, [chosen?.name, JSON.stringify([config, query])]);

  if (destinations.error) {
    return h('section', { class: 'send' }, h('h2', null, 'Send'), h(Problem, { error: destinations.error, retry: destinations.reload }));
  }
  if (!chosen) {
    return h('section', { class: 'send' }, h('h2', null, 'Send'), h(Skeleton, { lines: 2 }));
  }
  const heading = h('h2', null, 'Send to ',
    h('select', { 'aria-label': 'Destination', value: chosen.name, onChange: (event) => destination.choose(event.target.value) },
      list.map((entry) => h('option', { key: entry.name, value: entry.name }, entry.title ?? entry.name))));
  const sentence = h('p', { class: 'sentence', role: 'status' }, plan.error ? plan.error.message : plan.value?.sentence ?? (plan.loading ? 'Working out what an export would do…' : ''));
  if (chosen === DOWNLOAD) {
    return h('section', { class: 'send', 'aria-label': 'Send' }, heading, sentence, h(Download, { request, unready }),
      list.length === 1 && h('p', { class: 'note' }, 'server.allow-destinations allows no destination.'));
  }
  const [needed, optional] = [chosen.settings.filter((setting) => setting.required), chosen.settings.filter((setting) => !setting.required)];
  const waiting = missing.length > 0 || !request;
  const why = missing.length ? `First fill in ${missing.map((setting) => setting.name).join(', ')}.` : !request ? unready : undefined;

  return h('section', { class: 'send', 'aria-label': 'Send' },
    heading,
    h('p', { class: 'note' }, chosen.description, chosen.guarantee && ` Guarantee: ${chosen.guarantee}`),
    h('div', { class: 'fields' }, needed.map((setting) => h(Field, { key: setting.name, setting, destination }))),
    optional.length > 0 && h('details', { key: chosen.name }, h('summary', null, `More settings (${optional.length})`),
      h('div', { class: 'fields' }, optional.map((setting) => h(Field, { key: setting.name, setting, destination })))),
    h('div', { class: 'bar-line' },
      chosen.checkable && h('button', { type: 'button', disabled: check.busy || missing.length > 0, onClick: check.run, title: 'Connects, and compares the columns of the query, without writing anything' }, 'Check'),
      h('button', { type: 'button', disabled: test.busy || missing.length > 0, onClick: test.run, title: 'Sends one test record' }, 'Test'),
      h(Answer, { task: check, working: 'Checking…' }), h(Answer, { task: test, working: 'Sending one test record…', success: 'The test record was accepted.' })),
    check.value?.refused && h('ul', { class: 'refused', 'aria-label': 'Columns that do not fit' },
      check.value.refused.map(({ column, reason }) => h('li', { key: column }, h('code', null, column), ` ${reason}`))),
    sentence,
    h(Toolbar, { label: 'Send', class: 'bar-line' },
      h('button', { type: 'button', class: 'primary', disabled: waiting || running || start.busy, title: running ? 'The export below is running' : undefined, onClick: () => start.busy || start.run() }, 'Export once'),
      h('button', { type: 'button', disabled: waiting, onClick: onPreview }, 'Preview payload'),
      h('button', { type: 'button', disabled: waiting, 'aria-expanded': panel === 'save', onClick: () => setPanel(panel === 'save' ? null : 'save') }, 'Save as export…'),
      h('span', { class: 'note' }, why ?? `Export once sends: ${rangeWords}.`)),
    start.error && h(Problem, { error: start.error }),
    run && h(RunProgress, { key: run, id: run, onEnd: () => setRunning(false), onClose: () => show(undefined) }),
    panel === 'save' && request && h(SaveAs, { request, destination: chosen.name, onClose: () => setPanel(null) }));
}

function Field({ setting, destination }) {
  const hint = setting.secret && setting.configured ? 'configured; leave empty to keep it' : setting.default ?? (setting.required ? 'required' : '');
  const id = `setting-${setting.setting}`;
  return h('div', { class: 'field' },
    h('label', { for: id }, setting.name, setting.required && h('span', { class: 'needed', title: 'required' }, ' *')),
    h('input', {
      id,
      type: setting.secret ? 'password' : 'text',
      autocomplete: setting.secret ? 'new-password' : 'off',
      spellcheck: false,
      placeholder: hint,
      'aria-describedby': `${id}-note`,
      value: destination.text(setting),
      onInput: (event) => destination.type(setting.name, event.target.value),
    }),
    h('small', { id: `${id}-note` }, setting.description));
}

function Answer({ task, working, success }) {
  if (task.busy) {
    return h('span', { class: 'note', role: 'status' }, working);
  }
  if (task.error) {
    return h('span', { class: 'verdict bad', role: 'alert' }, task.error.message);
  }
  if (!task.value) {
    return null;
  }
  const { status, success: accepted, message, error } = task.value;
  const good = status === 'ok' || accepted === true || (status === undefined && accepted === undefined && !error);
  return h('span', { class: `verdict ${good ? 'good' : status === 'unknown' ? '' : 'bad'}`, role: 'status' },
    error ?? message ?? (good ? success : status));
}
