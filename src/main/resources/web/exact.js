// JSON with exact numbers: what a Number would round stays as the connector wrote it, so that the page shows what a destination receives.

/** A decimal beyond the digits of a Number. Compares as a number; its text and its JSON are exact. */
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

/** Whether a value has parts: it is a list or a structure. */
export const isNested = (given) => given !== null && typeof given === 'object' && !(given instanceof Exact);

export const isNumber = (given) => typeof given === 'number' || typeof given === 'bigint' || given instanceof Exact;

/** Only with so many digits a Number may differ. */
const MANY_DIGITS = /\d[\d.]{15}/;

/** Integers that a Number cannot hold become BigInt, decimals Exact. */
export function parse(text) {
  return MANY_DIGITS.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

function exact(key, given, context) {
  const source = context?.source ?? '';
  if (typeof given !== 'number' || !MANY_DIGITS.test(source)) {
    return given;
  }
  if (/^-?\d+$/.test(source)) {
    return Number.isSafeInteger(given) ? given : BigInt(source);
  }
  return /e/i.test(source) || source.replace(/\.?0+$/, '') === String(given) ? given : new Exact(source);
}

/** JSON text with the same numbers. */
export const json = (given, indent) =>
  JSON.stringify(given, (key, item) => (typeof item === 'bigint' ? (JSON.rawJSON ? JSON.rawJSON(String(item)) : String(item)) : item), indent);
