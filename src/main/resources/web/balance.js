// selected = accepted + duplicates + dead-lettered: a successful export has lost nothing.
import { number } from './format.js';
import { h } from './ui.js';

export function Balance({ counts }) {
  const { selected = 0, accepted = 0, duplicates = 0, dead_lettered: dead = 0 } = counts ?? {};
  const missing = selected - accepted - duplicates - dead;
  return h('p', { class: 'balance' },
    `${number(selected)} selected = ${number(accepted)} accepted + ${number(duplicates)} duplicates + ${number(dead)} dead-lettered`,
    missing !== 0 && ` + ${number(missing)} not delivered`);
}
