// Shows whether this process runs the exports. In interactive mode, a person starts and stops them.
import { get, post, remove } from './api.js';
import { Problem, h } from './ui.js';
import { useLoad, useTask } from './work.js';

/** @param onChange called when they start or stop running here */
export function Watch({ onChange }) {
  const watch = useLoad((signal) => get('watch', signal), [], { keep: true });
  const changed = (work) => async () => {
    await work();
    watch.reload();
    onChange?.();
  };
  const start = useTask(changed(() => post('watch', {})));
  const stop = useTask(changed(() => remove('watch')));
  if (!watch.value) {
    return null;
  }
  const { here, stoppable } = watch.value;
  return h('div', { class: 'watch' },
    h('div', { class: 'bar-line' },
      h('span', { class: 'note', role: 'status' }, !here ? 'The exports do not run in this process; a watch elsewhere may run them.'
        : stoppable ? 'The exports run in this process until it ends. A new, changed or removed file takes effect within seconds.'
          : 'This process runs the exports. A new, changed or removed file takes effect within seconds.'),
      !here && h('button', { type: 'button', class: 'primary', disabled: start.busy, onClick: start.run }, start.busy ? 'Starting…' : 'Run them here'),
      stoppable && h('button', { type: 'button', disabled: stop.busy, title: 'Batches in flight will finish', onClick: stop.run }, stop.busy ? 'Stopping…' : 'Stop running them here')),
    h(Problem, { error: start.error ?? stop.error }));
}
