// Keys and words, behind "?".
import { zoneName } from './format.js';
import { MODIFIER, h } from './ui.js';

const KEYS = [
  [`${MODIFIER} K`, 'search datasets; arrows and Enter choose'],
  [`${MODIFIER} Enter`, 'run the query'],
  ['Escape', 'cancel a running query, close a menu'],
  ['Arrows', 'move in the records; Enter: actions for a value; Space: the whole record; C: copy; S: sort by the column; with Shift: the width of the column'],
  ['?', 'this help'],
];
const WORDS = [
  ['record', 'one row of the result, delivered as one event or document'],
  ['object', 'one Parquet file in the lake'],
  ['accepted', 'the destination has the record'],
  ['dead letter', 'a record that the destination refused for good, kept with its reason'],
  ['feed', 'brings events of one input into a dataset'],
  ['pack', 'makes an object of what a dataset’s feeds have brought'],
  ['cursor', 'how far an export is delivered'],
];

const list = (entries, tag) => h('dl', null, entries.flatMap(([term, meaning]) => [
  h('dt', { key: term }, h(tag, null, term)), h('dd', { key: term + 'd' }, meaning)]));

export const Help = ({ onClose }) => h('aside', { class: 'help', 'aria-label': 'Keys and words' },
  list(KEYS, 'kbd'), list(WORDS, 'strong'),
  h('p', null, `Times are ${zoneName()}; times inside records appear as they are sent.`),
  h('button', { type: 'button', onClick: onClose }, 'Close'));
