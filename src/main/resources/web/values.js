// Offers the values of a column after "=" and in "IN (…)". To find them reads data, so each column's are found once for a range.
import { look, path } from './api.js';
import { isNested } from './exact.js';

/** A column, what compares it, and the beginning of a value, before the cursor. */
const COMPARED = /("(?:[^"]|"")+"|[a-z_]\w*)\s*(?:=|<>|!=|\b(?:NOT\s+)?IN\s*\((?:\s*(?:'(?:[^']|'')*'|[\w.]+)\s*,)*)\s*('?)((?:[^'\n]|'')*)$/i;

/** {from, column, quote, typed} of a value that is being written; null elsewhere. */
export function valueAt(before) {
  const found = COMPARED.exec(before);
  if (!found || (!found[2] && /[^\w.-]/.test(found[3]))) {
    return null;
  }
  const column = found[1].startsWith('"') ? found[1].slice(1, -1).replaceAll('""', '"') : found[1];
  return { column, quote: found[2], typed: found[3], from: before.length - found[3].length };
}

/** Finds the most frequent values of a column: (column, signal) => [{value, count}]. */
export function valuesOf(address, range) {
  const known = new Map();
  return (column, signal) => {
    if (!known.has(column)) {
      const found = look(`${address}/${path('columns', column, 'profile')}`, range, signal).then((profile) => profile.top ?? []);
      found.catch(() => known.delete(column));
      known.set(column, found);
    }
    return known.get(column).catch(() => []);
  };
}

/** A source for CodeMirror; `tables` gives the columns and how to find values. */
export const valueSource = (tables) => async (context) => {
  const line = context.state.doc.lineAt(context.pos);
  const at = valueAt(line.text.slice(0, context.pos - line.from));
  const { columns, values } = tables();
  const column = at && columns.find((one) => one.name === at.column || one.name.toLowerCase() === at.column.toLowerCase());
  if (!column || !values) {
    return null;
  }
  const abort = new AbortController();
  context.addEventListener('abort', () => abort.abort());
  const found = await values(column.name, abort.signal);
  const closed = context.state.sliceDoc(context.pos, context.pos + 1) === '\'';
  const text = (value) => (typeof value !== 'string' ? String(value) : `${at.quote ? '' : '\''}${value.replaceAll('\'', '\'\'')}${closed ? '' : '\''}`);
  return {
    from: line.from + at.from,
    options: found.filter(({ value }) => value !== null && !isNested(value) && !String(value).includes('\n')).map(({ value, count }, place) => ({ label: text(value), displayLabel: String(value), detail: String(count), boost: -place })),
    validFor: /^[^'\n]*$/,
  };
};
