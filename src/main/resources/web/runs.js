// All runs, of exports and from this page; those under way come first.
import { useEffect } from 'preact/hooks';
import { get, path, remove } from './api.js';
import { duration, now, number, time, zoneName } from './format.js';
import { message, took } from './packs.js';
import { write } from './place.js';
import { RunProgress } from './run.js';
import { Table } from './table.js';
import { Problem, Skeleton, State, h } from './ui.js';
import { useLoad, useTask } from './work.js';

const REFRESH = 1000;
const SLOW = 5000;

const COLUMNS = [
  { name: 'Started', head: true, cell: (run) => (run.id ? h('a', { href: run.open ? '#/runs' : write({ view: 'runs', name: run.id }), 'aria-expanded': Boolean(run.open) }, time(run.started)) : time(run.started)) },
  { name: 'Run', text: true, cell: (run) => run.what },
  { name: 'State', cell: (run) => run.state },
  { name: 'Took', number: true, cell: (run) => duration(run.seconds) },
  { name: 'Objects', number: true, cell: (run) => number(run.objects) + (run.total ? ` of ${number(run.total)}` : '') },
  { name: 'Accepted', number: true, cell: (run) => number(run.accepted) },
  { name: 'Per second', number: true, cell: (run) => number(run.rate) },
  { name: 'Left', number: true, cell: (run) => duration(run.left) },
  { name: 'Dead-lettered', number: true, cell: (run) => number(run.dead) },
  { name: 'Message', text: true, cell: (run) => run.message ?? '' },
  { name: 'Stop', cell: (run) => run.stop && h(Stop, { run }) },
];

export function Runs({ exports, place, go }) {
  const ownRuns = useLoad((signal) => get('runs', signal), [], { keep: true });
  const packs = useLoad((signal) => get('packs', signal), [], { keep: true });
  const list = all(exports.value?.exports ?? [], ownRuns.value?.runs ?? [], packs.value?.packs ?? [], place.name);
  const running = list.some((run) => run.running);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) {
        ownRuns.reload();
        packs.reload();
        running && exports.reload();
      }
    }, running ? REFRESH : SLOW);
    return () => clearInterval(timer);
  }, [running, ownRuns.reload, packs.reload, exports.reload]);
  const error = ownRuns.error ?? exports.error ?? packs.error;
  if (!ownRuns.value || !exports.value) {
    return error ? h(Problem, { error, retry: ownRuns.reload }) : h(Skeleton, { lines: 5 });
  }
  const chosen = list.find((run) => run.open);
  return h('div', { class: 'exports' },
    h('h1', null, 'Runs'),
    h('p', { class: 'note' }, `The runs of exports, the last packs of feeds, and the runs that were started on this page, until the connector is restarted. All times are ${zoneName()}.`),
    error && h(Problem, { error }),
    list.length === 0 ? h(State, { title: 'No run yet.' }, h('p', null, 'Send a query’s records once, or save it as an export.'))
      : h(Table, { columns: COLUMNS, rows: list, id: (run) => run.key, open: chosen }),
    place.name && !chosen && h(State, { title: 'This run does not exist, or is no longer kept.' }),
    chosen && h(RunProgress, { key: chosen.id, id: chosen.id, onEnd: ownRuns.reload, onClose: () => go({ view: 'runs' }) }));
}

function Stop({ run }) {
  const stop = useTask(run.stop);
  return h('button', { type: 'button', disabled: stop.busy || Boolean(stop.value), title: stop.error?.message ?? 'Batches in flight will finish', onClick: stop.run }, 'Stop');
}

function all(exports, own, packs, opened) {
  const list = [...own.map((run) => ofPage(run, opened)), ...exports.flatMap(ofExport), ...packs.map(ofPack)];
  return list.sort((one, other) => other.running - one.running || Date.parse(other.started) - Date.parse(one.started));
}

/** The seconds left, if the objects that are left take as long as those that are done. */
const left = (seconds, done, total) => (done > 0 && total >= done ? seconds * (total - done) / done : undefined);

const since = (start, end) => (Date.parse(end) - Date.parse(start)) / 1000;

function ofPage(run, opened) {
  const running = run.state === 'running';
  const seconds = running ? (now() - Date.parse(run.started_at)) / 1000 : since(run.started_at, run.finished_at);
  const [done, total] = [run.objects_done, run.objects_total];
  return {
    key: run.id, id: run.id, open: run.id === opened, running, state: run.state, started: run.started_at, seconds,
    what: `${run.tenant_id} / ${run.dataset_id} → ${run.destination}`,
    objects: done, total, accepted: run.accepted, dead: run.dead_lettered, message: run.message,
    rate: run.records_per_second,
    left: running ? left(seconds, done, total) : undefined,
    stop: running && (async () => {
      await remove(path('runs', run.id));
      return true;
    }),
  };
}

function ofExport(entry) {
  const name = `${entry.name}/${entry.destination}`;
  const what = h('a', { href: write({ view: 'exports', name: entry.name, destination: entry.destination }) }, `${entry.name} → ${entry.destination}`);
  const ended = (entry.runs ?? []).map((run) => {
    const seconds = run.finished_at ? since(run.started_at, run.finished_at) : undefined;
    return {
      key: `${name} ${run.started_at} ${run.state}`, what, running: false, state: run.state, started: run.started_at, seconds,
      objects: run.objects, accepted: run.accepted, dead: run.dead_lettered, message: run.message,
      rate: seconds > 0 ? Math.round((run.accepted + run.duplicates + run.dead_lettered) / seconds) : undefined,
    };
  });
  const { current } = entry;
  const seconds = current && (now() - Date.parse(current.started_at)) / 1000;
  return current ? [{
    key: `${name} now`, what, running: true, state: entry.state, started: current.started_at, seconds,
    objects: current.objects, total: current.objects_total, left: left(seconds, current.objects, current.objects_total), accepted: current.accepted, dead: current.dead_lettered, rate: current.records_per_second,
    message: entry.retrying_reason,
    stop: current.here && (async () => {
      await remove(`${path('exports', entry.name, entry.destination)}/run`);
      return true;
    }),
  }, ...ended] : ended;
}

function ofPack(pack) {
  const name = `${pack.tenant_id} / ${pack.dataset_id}`;
  const seconds = took(pack);
  return {
    key: `pack ${name} ${pack.started_at}`, running: false, state: pack.state, started: pack.started_at, seconds,
    what: h('a', { href: write({ view: 'feeds', name: pack.tenant_id, destination: pack.dataset_id }) }, `pack of ${name}`),
    objects: pack.object ? 1 : 0, accepted: pack.events, dead: pack.dead_letters, message: message(pack) || pack.object,
    rate: seconds > 0 && pack.events > 0 ? Math.round(pack.events / seconds) : undefined,
  };
}
