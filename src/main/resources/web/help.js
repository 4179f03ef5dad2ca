// Keys and words, folded away behind "?".
import { MODIFIER, h } from './ui.js';

const KEYS = [
  [`${MODIFIER} K`, 'search datasets; arrows and Enter choose'],
  [`${MODIFIER} Enter`, 'run the query'],
  ['Escape', 'cancel a running query, close a menu'],
  ['Arrows', 'move in the records; Enter: what to do with a value; Space: the whole record; C: copy'],
  ['?', 'this help'],
];
const WORDS = [
  ['record', 'one row of the result; what a destination gets one of'],
  ['object', 'one Parquet file of the lake'],
  ['accepted', 'the destination took it'],
  ['dead letter', 'a record that the destination refused for good, kept with its reason'],
  ['cursor', 'how far an export is delivered'],
];

const list = (entries, tag) => h('dl', null, entries.flatMap(([term, meaning]) => [
  h('dt', { key: term }, h(tag, null, term)), h('dd', { key: term + 'd' }, meaning)]));

export const Help = ({ onClose }) => h('aside', { class: 'help', 'aria-label': 'Keys and words' },
  list(KEYS, 'kbd'), list(WORDS, 'strong'),
  h('p', null, 'All times are UTC.'),
  h('button', { type: 'button', onClick: onClose }, 'Close'));
