// Numbers, sizes and times as people read them. Times are UTC, or of this machine's zone where a person wants that.
import { isNested, readable } from './exact.js';
import { rememberZone, zone } from './memory.js';

let local = zone() === 'local';

/** Whether times are shown in the zone of this machine. */
export const isLocal = () => local;

export function showLocal(on) {
  local = on;
  rememberZone(on ? 'local' : 'UTC');
}

/** The zone of what `time` gives, e.g. "UTC" or "UTC+2". */
export function zoneName(at = Date.now()) {
  const minutes = local ? -new Date(at).getTimezoneOffset() : 0;
  const rest = Math.abs(minutes) % 60;
  return minutes === 0 ? 'UTC' : `UTC${minutes < 0 ? '−' : '+'}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
}

const whole = new Intl.NumberFormat('en-US');
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export const number = (value) => (value === null || value === undefined ? '–' : whole.format(value));
export const compact = (value) => (value < 10000 ? whole.format(value) : short.format(value));

export function plural(count, one, many = one + 's') {
  return `${number(count)} ${count === 1 ? one : many}`;
}

export function bytes(value) {
  if (value === null || value === undefined) {
    return '–';
  }
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let power = 0;
  let rest = value;
  while (rest >= 999.5 && power < units.length - 1) {
    rest /= 1000;
    power++;
  }
  return `${power === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[power]}`;
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) {
    return '–';
  }
  if (seconds === 0) {
    return '0 s';
  }
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  const steps = [[86400, 'd'], [3600, 'h'], [60, 'min']];
  for (const [size, unit] of steps) {
    if (seconds >= 2 * size) {
      return `${Math.floor(seconds / size)} ${unit}`;
    }
  }
  return `${Math.round(seconds)} s`;
}

const A_MINUTE = 60000;
let ahead = 0;

/** Now by the connector's clock, in milliseconds: that of the browser may be wrong. */
export const now = () => Date.now() - ahead;

/**
 * @param date of an answer of the connector, when it worked on it
 * @param sent when it was asked, by the browser's clock
 */
export function hear(date, sent) {
  const [least, most] = [sent, Date.now()].map((moment) => moment - Date.parse(date));
  ahead = least > A_MINUTE ? least : most < -A_MINUTE ? most : 0;
}

/** How long ago something ended. */
export function ago(iso) {
  const seconds = (now() - Date.parse(iso)) / 1000;
  return seconds < 60 ? 'now' : `${duration(seconds)} ago`;
}

/** 2026-11-20 14:00, without the minutes at midnight; the caller says of which zone it is. */
export function time(iso) {
  if (!iso) {
    return '–';
  }
  const text = shifted(iso).toISOString();
  return text.slice(11, 19) === '00:00:00' ? text.slice(0, 10)
    : text.slice(17, 19) === '00' ? `${text.slice(0, 10)} ${text.slice(11, 16)}`
    : `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

function shifted(iso) {
  const given = new Date(iso);
  return local ? new Date(given.getTime() - given.getTimezoneOffset() * 60000) : given;
}

/** Characters that nobody sees: they hide text, or turn its direction, so that evil.exe reads exe.live. */
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** A text as people see it, with unseen characters by their numbers; what is copied or compared keeps them. */
export const visible = (text) => text.replace(UNSEEN, (one) => `‹U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}›`);

/** A value of a record in one line. */
export function value(given) {
  if (given === null || given === undefined) {
    return 'null';
  }
  return isNested(given) ? readable(given) : String(given);
}

/** Retries by reason: "503: 3, no answer: 1"; empty if there were none. */
export const retries = (counts) => Object.entries(counts ?? {}).map(([code, count]) => `${code}: ${number(count)}`).join(', ');
