// What became of a run's objects, and the last lines of its log.
import { useState } from 'preact/hooks';
import { get } from './api.js';
import { plural, time } from './format.js';
import { Problem, Skeleton, h } from './ui.js';
import { useLoad } from './work.js';

/** @param version changes when there may be new lines */
export function Log({ address, version }) {
  const [open, setOpen] = useState(false);
  return h('details', { onToggle: (event) => setOpen(event.currentTarget.open) },
    h('summary', null, 'Log'), open && h(Lines, { address, version }));
}

function Lines({ address, version }) {
  const log = useLoad((signal) => get(`${address}/log`, signal), [address, version], { keep: true });
  if (!log.value) {
    return log.error ? h(Problem, { error: log.error, retry: log.reload }) : h(Skeleton, { lines: 3 });
  }
  const { lines } = log.value;
  return lines.length === 0 ? h('p', { class: 'note' }, 'This process has logged nothing about it.')
    : h('ol', { class: 'log', 'aria-label': 'The last lines of the log', tabIndex: 0 }, lines.map((line, at) =>
      h('li', { key: `${line.at} ${at}`, class: line.level.toLowerCase() }, h('time', null, time(line.at)), ' ', h('b', null, line.level), ' ', line.text)));
}

export const FailedObjects = ({ objects }) => objects?.length > 0 && h('details', { open: objects.length <= 5 },
  h('summary', null, `${plural(objects.length, 'object')} could not be read`),
  h('ul', { class: 'refused', 'aria-label': 'Objects that could not be read' }, objects.map(({ object, reason }) =>
    h('li', { key: object }, h('code', null, object), ` ${reason}`))));
