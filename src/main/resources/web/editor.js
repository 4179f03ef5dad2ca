// The SQL editor: CodeMirror with this dataset's columns. Loaded after the first paint.
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completeFromList, completionKeymap, ifNotIn } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { SQLDialect, sql } from '@codemirror/lang-sql';
import { HighlightStyle, bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import { EditorView, drawSelection, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { FUNCTIONS } from './functions.js';
import { identifier } from './sql.js';
import { valueSource } from './values.js';

const DUCKDB = SQLDialect.define({
  keywords: 'all and any as asc between by case cast columns cross desc distinct else end except exclude exists filter first following '
    + 'for from full group having ilike in inner intersect interval is join lateral last left like limit natural not nulls offset on or '
    + 'order outer over partition preceding qualify range recursive replace right rows sample select similar struct then try_cast union '
    + 'unbounded using values when where window with true false null',
  types: 'bigint blob boolean date decimal double float hugeint integer json smallint text time timestamp timestamptz tinyint ubigint '
    + 'uinteger uuid varchar',
  builtin: FUNCTIONS.join(' '),
  doubleQuotedStrings: false,
  operatorChars: '*+-%<>!=&|~^/:',
  caseInsensitiveIdentifiers: true,
});

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, class: 'sql-keyword' },
  { tag: [tags.string, tags.special(tags.string)], class: 'sql-string' },
  { tag: [tags.number, tags.bool, tags.null], class: 'sql-number' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], class: 'sql-comment' },
  { tag: [tags.standard(tags.name), tags.typeName], class: 'sql-function' },
]);

const functions = ifNotIn(['String'], completeFromList(FUNCTIONS.map((name) => ({ label: name, type: 'function', apply: name + '(', boost: -1 }))));

const options = (columns) => columns.map((column) => ({
  label: column.name, apply: identifier(column.name), detail: column.type.toLowerCase(), type: 'property', boost: 2 }));

function language(given) {
  const { columns, lookups } = given;
  const tables = Object.fromEntries([...lookups, { name: 'events', columns }].map((table) => [table.name, options(table.columns)]));
  const support = sql({ dialect: DUCKDB, schema: tables, defaultTable: 'events', upperCaseKeywords: true });
  return [support, DUCKDB.language.data.of({ autocomplete: functions }), DUCKDB.language.data.of({ autocomplete: valueSource(() => given) })];
}

/** An editor in the parent: {text, setText, setTables, insert, mark, focus, destroy}. */
export function createEditor(parent, { text, tables, onChange, onRun, onCancel }) {
  const dialect = new Compartment();
  const run = () => {
    onRun();
    return true;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
        history(), drawSelection(), bracketMatching(), closeBrackets(), autocompletion({ icons: false }),
        keymap.of([
          { key: 'Tab', run: acceptCompletion },
          ...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap,
          { key: 'Escape', run: () => onCancel() },
        ]),
        placeholder('SELECT … FROM events'),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'SQL query', spellcheck: 'false' }),
        syntaxHighlighting(COLOURS),
        dialect.of(language(tables)),
        EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
      ],
    }),
  });
  const replace = (from, to, insert) => view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length } });
  return {
    text: () => view.state.doc.toString(),
    setText(next) {
      if (next !== view.state.doc.toString()) {
        replace(0, view.state.doc.length, next);
      }
    },
    setTables: (next) => view.dispatch({ effects: dialect.reconfigure(language(next)) }),
    insert(name) {
      const { from, to } = view.state.selection.main;
      replace(from, to, identifier(name));
      view.focus();
    },
    /** Underlines the place of an error, {line, column} from 1; nothing without an error. */
    mark(error) {
      view.dispatch(setDiagnostics(view.state, error?.line ? [diagnostic(view.state.doc, error)] : []));
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

function diagnostic(doc, error) {
  const line = doc.line(Math.min(Math.max(error.line, 1), doc.lines));
  const from = Math.min(line.from + Math.max((error.column ?? 1) - 1, 0), line.to);
  const word = /^[\w"]+/.exec(doc.sliceString(from, line.to));
  const to = Math.min(from + (word?.[0].length ?? 1), doc.length);
  return { from: from === to ? Math.max(from - 1, 0) : from, to, severity: 'error', message: error.message };
}
