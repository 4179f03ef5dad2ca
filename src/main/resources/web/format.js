// Numbers, sizes and times as people read them. Times are UTC.

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

/** How long ago something ended. */
export function ago(iso) {
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  return seconds < 60 ? 'now' : `${duration(seconds)} ago`;
}

/** 2026-11-20 14:00, without the minutes at midnight; the caller says that it is UTC. */
export function time(iso) {
  if (!iso) {
    return '–';
  }
  const text = new Date(iso).toISOString();
  return text.slice(11, 19) === '00:00:00' ? text.slice(0, 10)
    : text.slice(17, 19) === '00' ? `${text.slice(0, 10)} ${text.slice(11, 16)}`
    : `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

/** A value of a record in one line. */
export function value(given) {
  if (given === null || given === undefined) {
    return 'null';
  }
  return typeof given === 'object' ? json(given) : String(given);
}

/** JSON text that keeps large integers exact. */
export function json(given, indent) {
  const exact = (key, item) =>
    typeof item === 'bigint' ? (JSON.rawJSON ? JSON.rawJSON(String(item)) : String(item)) : item;
  return JSON.stringify(given, exact, indent);
}

/** Retries by reason: "503: 3, no answer: 1"; empty if there were none. */
export const retries = (counts) => Object.entries(counts ?? {}).map(([code, count]) => `${code}: ${number(count)}`).join(', ');
