// Shows what the destination would receive, byte for byte, and what an export of this query would do.
import { post } from './api.js';
import { bytes, number, plural } from './format.js';
import { Copy, Problem, Skeleton, State, h } from './ui.js';
import { useLoad } from './work.js';

export function Payload({ request, problem }) {
  const preview = useLoad(request && ((signal) => post('preview', request, signal)), [JSON.stringify(request)]);
  if (!request) {
    return h(State, { title: problem });
  }
  if (preview.error) {
    return h(Problem, { error: preview.error, retry: preview.reload });
  }
  if (!preview.value) {
    return h(Skeleton, { lines: 6 });
  }
  const { requests, records_in_batch: records, note } = preview.value;
  if (!requests?.length) {
    return h(State, { title: 'Nothing would be sent: the query selects no records in this range.' }, note && h('p', null, note));
  }
  return h('div', { class: 'payload', 'aria-busy': preview.loading },
    h('p', null, `The first batch: ${plural(records, 'record')}. Nothing was sent. `, note),
    requests.map((sent, at) => h('section', { key: at },
      h('div', { class: 'bar-line' },
        h('code', { class: 'cut' }, [sent.method, sent.url].filter(Boolean).join(' ')),
        h('span', { class: 'space' }),
        h('span', { class: 'aside' }, `${number(sent.bytes)} bytes`),
        h(Copy, { text: sent.body ?? sent.body_base64 ?? '' })),
      sent.headers && Object.keys(sent.headers).length > 0 && h('details', null,
        h('summary', null, plural(Object.keys(sent.headers).length, 'header')),
        h('pre', null, Object.entries(sent.headers).map(([name, text]) => `${name}: ${text}`).join('\n'))),
      sent.body_base64 !== undefined && h('p', { class: 'note' }, 'Not UTF-8 text, shown as base64.'),
      h(Body, { text: sent.body ?? sent.body_base64 ?? '' }))));
}

const SHOWN = 200000;

const Body = ({ text }) => [
  h('pre', { class: 'body', tabIndex: 0, 'aria-label': 'Body' }, text.slice(0, SHOWN)),
  text.length > SHOWN && h('p', { class: 'note' }, `The first ${number(SHOWN)} characters. Copy copies everything.`)];

export function Plan({ plan }) {
  if (plan.error) {
    return h(Problem, { error: plan.error, retry: plan.reload });
  }
  if (!plan.value) {
    return plan.loading ? h(Skeleton, { lines: 4 }) : h(State, { title: 'Choose a destination below to see what an export would do.' });
  }
  const { row_wise: rowWise, covers, reason, objects, bytes: size, records, selected, exact, batches, sentence, notes } = plan.value;
  const about = (count, sure) => (count === null || count === undefined ? 'unknown before it runs' : `${sure ? '' : 'about '}${number(count)}`);
  const facts = [
    ['Kind', rowWise ? 'row-wise: each object separately' : 'whole: one run over all objects'],
    ['Covers', covers === 'full' ? 'the whole dataset on every run' : 'each record once'],
    ['Because', reason],
    ['Objects', number(objects)],
    ['Size', bytes(size)],
    ['Records in them', about(records)],
    ['Records selected', about(selected, exact)],
    ['Batches', about(batches)],
  ];
  return h('div', { class: 'plan' }, h('p', null, sentence), notes?.map((note) => h('p', { key: note }, note)),
    h('dl', null, facts.flatMap(([term, text]) => [h('dt', { key: term }, term), h('dd', { key: term + 'd' }, text)])));
}
