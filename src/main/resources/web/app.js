// The frame: header, catalogue on the left, and the view named in the address.
import { render } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { get } from './api.js';
import { Catalogue } from './catalogue.js';
import { calm, datasets as listed } from './early.js';
import { ExportMark, exportLine, worst } from './export-state.js';
import { plural } from './format.js';
import { later } from './later.js';
import { rememberTheme, theme, typedSettings } from './memory.js';
import { read, write } from './place.js';
import { Boundary, MODIFIER, Problem, State, h } from './ui.js';
import { RETRY, useLoad } from './work.js';
import { Workspace } from './workspace.js';

const Exports = later(() => import('./exports.js'), 'Exports');
const Feeds = later(() => import('./feeds.js'), 'Feeds');
const Help = later(() => import('./help.js'), 'Help');
const Runs = later(() => import('./runs.js'), 'Runs');

const REFRESH = 5000;
/** If asking again fails, the known answer stays. */
const KEEP = { keep: true };

function usePlace() {
  const [place, setPlace] = useState(() => read(location.hash));
  useEffect(() => {
    const changed = () => setPlace(read(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  const go = useCallback((next, { replace = false } = {}) => {
    const address = write(next);
    if (address !== location.hash) {
      history[replace ? 'replaceState' : 'pushState'](null, '', address);
    }
    setPlace(read(address));
  }, []);
  return [place, go];
}

function ThemeButton() {
  const [name, setName] = useState(theme);
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = name ?? '';
  }, [name]);
  const dark = name ? name === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  const turn = () => {
    const next = dark ? 'light' : 'dark';
    rememberTheme(next);
    setName(next);
  };
  return h('button', { type: 'button', class: 'quiet icon', onClick: turn, 'aria-label': dark ? 'Light colours' : 'Dark colours', title: dark ? 'Light colours' : 'Dark colours' },
    h('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' },
      h('circle', { cx: 8, cy: 8, r: 6, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5 }),
      h('path', { d: 'M8 2a6 6 0 0 1 0 12z', fill: 'currentColor' })));
}

/** The export that needs attention most, in one line. */
function Live({ exports }) {
  const entry = worst(exports.filter((one) => one.state !== 'never'));
  return entry && h('a', { class: 'live', href: write({ view: 'exports', name: entry.name, destination: entry.destination }), title: plural(exports.length, 'export') },
    h(ExportMark, { entry }), ` ${entry.name} → ${entry.destination}: ${exportLine(entry)}`);
}

function App() {
  const [place, go] = usePlace();
  const [help, setHelp] = useState(false);
  const [, setZone] = useState(0);
  const search = useRef(null);
  const side = useRef(null);
  const typed = useState(typedSettings);
  const datasets = useLoad(listed, [], KEEP);
  const exports = useLoad((signal) => calm.then(() => get('exports', signal)), [], KEEP);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && exports.reload(), REFRESH);
    return () => clearInterval(timer);
  }, [exports.reload]);
  useEffect(() => {
    const timer = datasets.value?.stale ? setInterval(datasets.reload, RETRY) : undefined;
    return () => clearInterval(timer);
  }, [datasets.value?.stale]);

  useEffect(() => {
    const keys = (event) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        search.current?.focus();
        search.current?.select();
      } else if (event.key === '?' && !event.target.closest('input, textarea, select, [contenteditable]')) {
        setHelp((shown) => !shown);
      } else if (event.key === 'Escape') {
        setHelp(false);
      }
    };
    const zone = () => setZone((count) => count + 1);
    addEventListener('keydown', keys);
    addEventListener('zone', zone);
    return () => {
      removeEventListener('keydown', keys);
      removeEventListener('zone', zone);
    };
  }, []);

  // Those with the newest records come first.
  const newest = place.view === 'data' && !place.tenant ? datasets.value?.datasets[0] : undefined;
  useEffect(() => {
    if (newest) {
      go({ view: 'data', tenant: newest.tenant_id, dataset: newest.dataset_id }, { replace: true });
    }
  }, [newest]);
  // Until they are listed, a link counts.
  const chosen = datasets.value
    ? datasets.value.datasets.find((dataset) => dataset.tenant_id === place.tenant && dataset.dataset_id === place.dataset)
    : linked(place);
  useEffect(() => {
    document.title = chosen ? `${chosen.name || chosen.dataset_id} – ByteFreezer Connector` : 'ByteFreezer Connector';
  }, [chosen]);

  return h('div', { class: 'frame' },
    h('header', { class: 'top' },
      h('a', { class: 'brand', href: '#/data' }, 'ByteFreezer Connector'),
      h('nav', { 'aria-label': 'Views' },
        h('a', { href: '#/data', 'aria-current': place.view === 'data' ? 'page' : undefined }, 'Data'),
        h('a', { href: '#/exports', 'aria-current': place.view === 'exports' ? 'page' : undefined }, 'Exports'),
        h('a', { href: '#/feeds', 'aria-current': place.view === 'feeds' ? 'page' : undefined }, 'Feeds'),
        h('a', { href: '#/runs', 'aria-current': place.view === 'runs' ? 'page' : undefined }, 'Runs')),
      h(Live, { exports: exports.value?.exports ?? [] }),
      h('span', { class: 'space' }),
      h('button', { type: 'button', class: 'quiet to-search', onClick: () => search.current?.focus(), title: 'Search datasets' }, 'Search ', h('kbd', null, `${MODIFIER} K`)),
      h(ThemeButton, null),
      h('button', { type: 'button', class: 'quiet icon', 'aria-label': 'Keys and words', 'aria-expanded': help, onClick: () => setHelp(!help) }, '?')),
    help && h(Help, { onClose: () => setHelp(false) }),
    h(Catalogue, { datasets, exports, place, go, searchBox: search, side }),
    h('main', null, h(Boundary, { place }, main({ place, go, datasets, exports, chosen, side, typed }))));
}

const linked = ({ tenant, dataset }) => (dataset ? { tenant_id: tenant, dataset_id: dataset } : undefined);

function main({ place, go, datasets, exports, chosen, side, typed }) {
  if (place.view === 'exports') {
    return h(Exports, { exports, place, go });
  }
  if (place.view === 'feeds') {
    return h(Feeds, { place, go });
  }
  if (place.view === 'runs') {
    return h(Runs, { exports, place, go });
  }
  if (datasets.error && !datasets.value) {
    return h(Problem, { error: datasets.error, retry: datasets.reload });
  }
  if (chosen) {
    const key = `${chosen.tenant_id}/${chosen.dataset_id}`;
    return h(Workspace, { key, dataset: chosen, place, go, side, typed });
  }
  if (!datasets.value) {
    return null;
  }
  if (place.dataset) {
    return h(State, { title: `There is no dataset ${place.tenant} / ${place.dataset}.` }, h('p', null, 'Pick one on the left.'));
  }
  if (datasets.value.datasets.length === 0) {
    return h(EmptyLake, { answer: datasets.value, reload: datasets.reload });
  }
  return h(State, { title: 'Pick a dataset on the left.' },
    h('p', null, 'The page shows its newest records. Narrow them down with SQL, see what a destination would receive, and send it once or save it as an export.'));
}

function EmptyLake({ answer, reload }) {
  const tried = answer.tried ?? [];
  return h(State, { title: 'No datasets found.' },
    tried.length > 0 && h('p', null, 'Looked at:'),
    h('ul', { class: 'tried' }, tried.map((folder) => h('li', { key: folder }, h('code', null, folder)))),
    (answer.notes ?? []).map((note) => h('p', { key: note }, note)),
    h('p', null, 'A lake contains ', h('code', null, '<tenant>/<dataset>/data/parquet/year=…/month=…/day=…'), '. Check lake.root, s3.bucket or control.url, then look again.'),
    h('button', { type: 'button', onClick: reload }, 'Look again'));
}

const root = document.getElementById('app');
root.replaceChildren();
render(h(App, null), root);
