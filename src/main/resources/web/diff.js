// The changes between two texts, line by line.
import { h } from './ui.js';

/** The lines of both texts in order: [sign, line], with ' ', '-' or '+'. */
export function diff(before, after) {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  // common[i][j]: the number of lines that old from i and fresh from j have in common.
  const common = Array.from({ length: old.length + 1 }, () => new Uint16Array(fresh.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      common[i][j] = old[i] === fresh[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push([' ', old[i++]]);
      j++;
    } else if (i < old.length && (j === fresh.length || common[i + 1][j] >= common[i][j + 1])) {
      lines.push(['-', old[i++]]);
    } else {
      lines.push(['+', fresh[j++]]);
    }
  }
  return lines;
}

const CLASSES = { '-': 'gone', '+': 'added' };

export const Diff = ({ before, after, label }) => h('pre', { class: 'diff', tabIndex: 0, 'aria-label': label },
  diff(before, after).map(([sign, line], at) => h('span', { key: at, class: CLASSES[sign] }, `${sign} ${line}\n`)));
