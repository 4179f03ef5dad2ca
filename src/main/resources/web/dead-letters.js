// Records that a destination refused, with its reason. A person can replay them, also with another query, or discard them.
import { useState } from 'preact/hooks';
import { get, parameters, post } from './api.js';
import { Accepted } from './accepted.js';
import { ChangeQuery } from './change-query.js';
import { Confirm } from './confirm.js';
import { json } from './exact.js';
import { number, plural, time } from './format.js';
import { download } from './give.js';
import { Problem, Skeleton, h } from './ui.js';
import { useLoad, useTask } from './work.js';

const PAGE = 50;
const PART = 1000;
const MOST = 50_000;

/** @param query tenant_id, dataset_id and sql of the records */
export function DeadLetters({ address, count, query, reload }) {
  const [offset, setOffset] = useState(0);
  const [chosen, setChosen] = useState(new Set());
  const [reason, setReason] = useState();
  const reasons = useLoad((signal) => get(`${address}/dead-letters/reasons`, signal), [address, count], { keep: true });
  const letters = useLetters(address, offset, reason, count);
  const show = (next) => {
    setOffset(0);
    setChosen(new Set());
    setReason(next);
  };
  const [changing, setChanging] = useState(false);
  const which = chosen.size ? { ids: [...chosen] } : reason ? { reason } : {};
  const act = (action) => async (sql) => {
    const answer = await post(`${address}/dead-letters/${action}`, { ...which, sql });
    setChanging(false);
    show(undefined);
    letters.reload();
    reasons.reload();
    reload();
    return answer;
  };
  const replay = useTask(act('replay'));
  const changed = useTask(act('replay'));
  const discard = useTask(act('discard'));
  const save = useTask(() => downloadAll(address, reason));

  if (letters.error) {
    return h(Problem, { error: letters.error, retry: letters.reload });
  }
  if (!letters.value) {
    return h(Skeleton, { lines: 2 });
  }
  const { total, dead_letters: list } = letters.value;
  const what = chosen.size ? plural(chosen.size, 'dead letter') : `all ${plural(total, 'dead letter')}${reason ? ' of this reason' : ''}`;
  const choose = (id) => setChosen((before) => {
    const next = new Set(before);
    return next.delete(id) ? next : next.add(id);
  });
  return h('div', null,
    [replay, changed].map(({ value }, at) => value && h('p', { key: at, class: 'verdict', role: 'status' },
      `${number(value.replayed)} replayed, ${number(value.failed)} failed${value.unmatched > 0 ? `, ${number(value.unmatched)} not selected` : ''}. ${value.message ?? ''}`)),
    discard.value && h('p', { class: 'verdict', role: 'status' }, `${number(discard.value.discarded)} discarded.`),
    h(Problem, { error: replay.error ?? changed.error ?? discard.error ?? save.error }),
    h(Reasons, { reasons: reasons.value?.reasons ?? [], chosen: reason, onChoose: show }),
    total === 0 && !reason ? h('p', { class: 'note' }, 'None. The destination has refused no records.') : [
      h('div', { class: 'bar-line' },
        h('button', { type: 'button', disabled: replay.busy, onClick: () => replay.run() }, replay.busy ? 'Replaying…' : `Replay ${what}`),
        query?.sql && h('button', { type: 'button', 'aria-expanded': changing, onClick: () => setChanging(!changing) }, 'Change the query…'),
        h(Confirm, { label: `Discard ${what}…`, title: `Discard ${what}?`, text: 'This deletes them. They can no longer be replayed.', action: 'Discard', task: { ...discard, run: () => discard.run() } }),
        h('button', { type: 'button', disabled: save.busy, onClick: save.run, title: total > MOST ? `The first ${number(MOST)}` : undefined }, save.busy ? 'Downloading…' : 'Download')),
      changing && h(ChangeQuery, { address, which, sql: query.sql, send: changed }),
      h('ul', { class: 'letters' }, list.map((letter) => h('li', { key: letter.id },
        h('input', { type: 'checkbox', checked: chosen.has(letter.id), 'aria-label': `Choose record ${letter.record_number} of ${letter.object}`, onChange: () => choose(letter.id) }),
        h(Letter, { letter, query: { ...query, address } })))),
      h(Pages, { total, offset, setOffset }),
    ]);
}

/** Reasons with their counts; a click shows only the records with that reason. */
function Reasons({ reasons, chosen, onChoose }) {
  return reasons.length > 1 && h('ul', { class: 'reasons', 'aria-label': 'Reasons' }, reasons.map(({ reason, count }) =>
    h('li', { key: reason }, h('button', { type: 'button', 'aria-pressed': reason === chosen, onClick: () => onChoose(reason === chosen ? undefined : reason) },
      h('strong', null, number(count)), ` ${reason}`))));
}

async function downloadAll(address, reason) {
  const lines = [];
  for (let offset = 0; offset < MOST; offset += PART) {
    const { dead_letters: part } = await get(`${address}/dead-letters` + parameters({ offset, limit: PART, reason }));
    part.forEach((letter) => lines.push(json(letter)));
    if (part.length < PART) {
      break;
    }
  }
  download('dead-letters.ndjson', lines.map((line) => line + '\n').join(''), 'application/x-ndjson');
}

const useLetters = (address, offset, reason, count) =>
  useLoad((signal) => get(`${address}/dead-letters` + parameters({ offset, limit: PAGE, reason }), signal), [address, offset, reason, count]);

function Letter({ letter, query }) {
  const [beside, setBeside] = useState(false);
  return h('details', null,
    h('summary', null, h('strong', null, letter.reason), letter.at && h('span', { class: 'aside' }, `record ${number(letter.record_number)}, ${time(letter.at)}`)),
    h('p', { class: 'note' }, letter.object),
    h('div', { class: beside ? 'beside' : undefined },
      h('pre', { class: 'json' }, typeof letter.record === 'string' ? letter.record : json(letter.record, 2)),
      beside ? h(Accepted, { letter, query }) : query?.sql && letter.object && h('button', { type: 'button', onClick: () => setBeside(true) }, 'Show an accepted record beside it')));
}

function Pages({ total, offset, setOffset }) {
  return total > PAGE && h('div', { class: 'bar-line' },
    h('button', { type: 'button', disabled: offset === 0, onClick: () => setOffset(offset - PAGE) }, 'Newer'),
    h('span', null, `${number(offset + 1)} to ${number(Math.min(offset + PAGE, total))} of ${number(total)}`),
    h('button', { type: 'button', disabled: offset + PAGE >= total, onClick: () => setOffset(offset + PAGE) }, 'Older'));
}
