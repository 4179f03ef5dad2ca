// Records that a destination refused, with its reason. A person can replay or discard them.
import { useState } from 'preact/hooks';
import { get, parameters, post } from './api.js';
import { Confirm } from './confirm.js';
import { json, number, plural, time } from './format.js';
import { Problem, Skeleton, h, useLoad, useTask } from './ui.js';

const PAGE = 50;

export function DeadLetters({ address, count, reload }) {
  const [offset, setOffset] = useState(0);
  const [chosen, setChosen] = useState(new Set());
  const letters = useLetters(address, offset, count);
  const act = (action) => async () => {
    const answer = await post(`${address}/dead-letters/${action}`, chosen.size ? { ids: [...chosen] } : {});
    setChosen(new Set());
    letters.reload();
    reload();
    return answer;
  };
  const replay = useTask(act('replay'));
  const discard = useTask(act('discard'));

  if (letters.error) {
    return h(Problem, { error: letters.error, retry: letters.reload });
  }
  if (!letters.value) {
    return h(Skeleton, { lines: 2 });
  }
  const { total, dead_letters: list } = letters.value;
  const what = chosen.size ? plural(chosen.size, 'dead letter') : `all ${plural(total, 'dead letter')}`;
  const choose = (id) => setChosen((before) => {
    const next = new Set(before);
    return next.delete(id) ? next : next.add(id);
  });
  return h('div', null,
    replay.value && h('p', { class: 'verdict', role: 'status' }, `${number(replay.value.replayed)} replayed, ${number(replay.value.failed)} failed. ${replay.value.message ?? ''}`),
    discard.value && h('p', { class: 'verdict', role: 'status' }, `${number(discard.value.discarded)} discarded.`),
    h(Problem, { error: replay.error ?? discard.error }),
    total === 0 ? h('p', { class: 'note' }, 'None. The destination has refused no records.') : [
      h('div', { class: 'bar-line' },
        h('button', { type: 'button', disabled: replay.busy, onClick: replay.run }, replay.busy ? 'Replaying…' : `Replay ${what}`),
        h(Confirm, { label: `Discard ${what}…`, title: `Discard ${what}?`, text: 'This deletes them. They can no longer be replayed.', action: 'Discard', task: discard })),
      h('ul', { class: 'letters' }, list.map((letter) => h('li', { key: letter.id },
        h('input', { type: 'checkbox', checked: chosen.has(letter.id), 'aria-label': `Choose record ${letter.record_number} of ${letter.object}`, onChange: () => choose(letter.id) }),
        h(Letter, { letter })))),
      h(Pages, { total, offset, setOffset }),
    ]);
}

const useLetters = (address, offset, count) =>
  useLoad((signal) => get(`${address}/dead-letters` + parameters({ offset, limit: PAGE }), signal), [address, offset, count]);

function Letter({ letter }) {
  return h('details', null,
    h('summary', null, h('strong', null, letter.reason), letter.at && h('span', { class: 'aside' }, `record ${number(letter.record_number)}, ${time(letter.at)}`)),
    h('p', { class: 'note' }, letter.object),
    h('pre', { class: 'json' }, typeof letter.record === 'string' ? letter.record : json(letter.record, 2)));
}

function Pages({ total, offset, setOffset }) {
  return total > PAGE && h('div', { class: 'bar-line' },
    h('button', { type: 'button', disabled: offset === 0, onClick: () => setOffset(offset - PAGE) }, 'Newer'),
    h('span', null, `${number(offset + 1)} to ${number(Math.min(offset + PAGE, total))} of ${number(total)}`),
    h('button', { type: 'button', disabled: offset + PAGE >= total, onClick: () => setOffset(offset + PAGE) }, 'Older'));
}
