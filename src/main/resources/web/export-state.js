// The state of an export as a mark and a few words; never by colour alone.
import { duration, plural } from './format.js';
import { h } from './ui.js';

const WORDS = { idle: 'waits', running: 'runs', failed: 'failed', killed: 'was killed', retrying: 'retries', silent: 'gives no sign of life', never: 'has not run', paused: 'is paused', empty: 'has found no object yet' };

const BAD = ['failed', 'killed', 'retrying', 'silent'];
const NONE = ['never', 'empty', 'paused'];

export function ExportMark({ entry }) {
  const kind = BAD.includes(entry.state) ? 'bad' : entry.dead_letters > 0 ? 'warn' : NONE.includes(entry.state) ? 'none' : 'good';
  const shape = { bad: 'M8 3l6 10H2z', warn: 'M8 3l6 10H2z', none: 'M3 8h10', good: 'M8 4a4 4 0 1 0 .01 0z' }[kind];
  return h('svg', { class: `mark ${kind}`, viewBox: '0 0 16 16', role: 'img', 'aria-label': WORDS[entry.state] ?? entry.state },
    h('path', { d: shape, fill: kind === 'none' ? 'none' : 'currentColor', stroke: 'currentColor', 'stroke-width': 1.5 }));
}

export function exportLine(entry) {
  if (BAD.includes(entry.state)) {
    return WORDS[entry.state];
  }
  if (entry.dead_letters > 0) {
    return plural(entry.dead_letters, 'dead letter');
  }
  if (NONE.includes(entry.state)) {
    return WORDS[entry.state];
  }
  if (entry.lag_seconds === 0) {
    return 'up to date';
  }
  if (entry.lag_seconds !== null && entry.lag_seconds !== undefined) {
    return `${duration(entry.lag_seconds)} behind`;
  }
  return WORDS[entry.state] ?? entry.state;
}

/** The export that failed, otherwise one with dead letters, otherwise the one furthest behind; undefined if there is none. */
export function worst(entries) {
  const urgency = (entry) => [BAD.includes(entry.state) ? 1 : 0, Math.sign(entry.dead_letters), entry.lag_seconds ?? -1];
  return [...entries].sort((one, other) => {
    const [first, second] = [urgency(one), urgency(other)];
    const at = first.findIndex((value, index) => value !== second[index]);
    return at < 0 ? 0 : second[at] - first[at];
  })[0];
}
