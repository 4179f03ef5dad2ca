// Dead letters with another query: what it makes of them is shown before any is sent.
import { useState } from 'preact/hooks';
import { post } from './api.js';
import { json } from './exact.js';
import { number, plural } from './format.js';
import { Problem, h } from './ui.js';
import { useTask } from './work.js';

const SHOWN = 3;

/**
 * @param which the dead letters, as in a request
 * @param send sends them with a query
 */
export function ChangeQuery({ address, which, sql, send }) {
  const [text, setText] = useState(sql);
  const request = { ...which, sql: text };
  const asked = JSON.stringify(request);
  const trial = useTask(async () => ({ asked, ...await post(`${address}/dead-letters/try`, request) }));
  // What was tried says nothing about another query.
  const tried = trial.value?.asked === asked ? trial.value : undefined;
  return h('form', { class: 'change-query', onSubmit: (event) => { event.preventDefault(); trial.run(); } },
    h('label', null, 'Query for these only', h('textarea', { value: text, rows: 4, spellcheck: false, onInput: (event) => setText(event.target.value) })),
    h('p', { class: 'note' }, 'It reads the rows of these dead letters from the lake again. What it selects is sent with the ids that the records had; the others stay. The export keeps its own query.'),
    h('div', { class: 'bar-line' },
      h('button', { type: 'submit', disabled: trial.busy || !text.trim() }, trial.busy ? 'Trying…' : 'Try'),
      h('button', { type: 'button', class: 'primary', disabled: !tried?.matched || send.busy, onClick: () => send.run(text) },
        send.busy ? 'Replaying…' : 'Replay what it selects')),
    h(Problem, { error: trial.error }),
    tried && [
      h('p', { class: 'verdict', role: 'status' }, sentence(tried)),
      tried.records.slice(0, SHOWN).map(({ before, after }) => h('div', { class: 'beside', key: before.id },
        h(Record, { title: 'As it was refused', letter: before }), h(Record, { title: 'As it would be sent', letter: after }))),
    ]);
}

const sentence = ({ tried, matched, unmatched, failed, message }) => [
  `${number(matched)} of ${plural(tried, 'dead letter')} would be sent.`,
  unmatched > 0 && `${number(unmatched)} not selected.`,
  failed > 0 && `${number(failed)} cannot be read again. ${message}`,
].filter(Boolean).join(' ');

const Record = ({ title, letter }) => h('figure', null, h('figcaption', { class: 'note' }, title),
  h('pre', { class: 'json' }, typeof letter.record === 'string' ? letter.record : json(letter.record, 2)));
