// JSON with exact values: what a Number would round, or JSON cannot say, stays as the connector wrote it, so that the page shows what is in a record
// and copies what a destination receives.

/** Stands in front of what is not finite, NaN or an infinity, in answers that ask for it; so no text of the data is taken for it. */
export const MARK = `x${[...crypto.getRandomValues(new Uint32Array(4))].join('x')}`;

/** A decimal that a Number would write otherwise. Compares as a number; its text and its JSON are exact. */
class Exact {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }

  valueOf() {
    return Number(this.text);
  }

  toJSON() {
    return JSON.rawJSON(this.text);
  }
}

/** A time without end, infinity or -infinity. */
class Endless {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** Whether a value has parts: it is a list or a structure. */
export const isNested = (given) => given !== null && typeof given === 'object' && !(given instanceof Exact || given instanceof Endless);

export const isNumber = (given) => typeof given === 'number' || typeof given === 'bigint' || given instanceof Exact;

const isNotFinite = (given) => given instanceof Endless || (typeof given === 'number' && !Number.isFinite(given));

/** Only with so many digits, or a zero at the end of a fraction, a Number may be written otherwise. */
const ODD_NUMBER = /\d[\d.]{15}|\.\d*0[,}\]]/;

/** Integers that a Number cannot hold become BigInt, decimals Exact, what is not finite a Number or Endless. */
export function parse(text) {
  return ODD_NUMBER.test(text) || text.includes(MARK) ? JSON.parse(text, exact) : JSON.parse(text);
}

function exact(key, given, context) {
  if (typeof given === 'string') {
    return given.startsWith(MARK) ? notFinite(given.slice(MARK.length)) : given;
  }
  const source = context?.source;
  if (typeof given !== 'number' || !source || source === String(given)) {
    return given;
  }
  if (/^-?\d+$/.test(source)) {
    return Number.isSafeInteger(given) ? given : BigInt(source);
  }
  return /e/i.test(source) ? given : new Exact(source);
}

const notFinite = (text) => (/infinity/.test(text) ? new Endless(text) : Number(text));

const written = (otherwise) => (key, item) =>
  (typeof item === 'bigint' ? (JSON.rawJSON ? JSON.rawJSON(String(item)) : String(item)) : isNotFinite(item) ? otherwise(item) : item);

/** JSON text with the same numbers; what is not finite is null, as in an export. */
export const json = (given, indent) => JSON.stringify(given, written(() => null), indent);

/** The same for people, who see what is not finite. */
export const readable = (given, indent) => JSON.stringify(given, written(String), indent);

/** A record of a result as an export sends it: also with its nulls, unless exports leave them out. */
export function exported(row, { columns, exports_omit_nulls: omits }) {
  const members = columns.map((name) => [name, isNotFinite(row[name]) ? null : row[name] ?? null]);
  return Object.fromEntries(omits ? members.filter(([, given]) => given !== null) : members);
}
