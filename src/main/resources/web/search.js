// Finds names by words, with an error or two in them.

/** The least errors in a word for which it is worth being shown. */
const errorsIn = (word) => (word.length < 4 ? 0 : word.length < 8 ? 1 : 2);

/** Those of `entries` that have all words, the best first; all of them, as they stand, without words. */
export function matching(entries, words, textOf) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) {
    return entries;
  }
  return entries.map((entry, at) => ({ entry, at, errors: errorsOf(wanted, textOf(entry).toLowerCase()) }))
    .filter(({ errors }) => errors !== Infinity)
    .sort((one, other) => one.errors - other.errors || one.at - other.at)
    .map(({ entry }) => entry);
}

function errorsOf(wanted, text) {
  const parts = text.split(/[^\p{L}\p{N}]+/u);
  return wanted.reduce((sum, word) => sum + (text.includes(word) ? 0 : Math.min(Infinity, ...parts.map((part) => distance(word, part, errorsIn(word))))), 0);
}

/** The least changes, a swap being one, that make the beginning of the text of the word; Infinity for more than `most`. */
function distance(word, text, most) {
  if (most === 0) {
    return text.startsWith(word) ? 0 : Infinity;
  }
  let before = [];
  let row = Array.from({ length: text.length + 1 }, (_, at) => at);
  for (let i = 1; i <= word.length; i++) {
    const next = [i];
    for (let j = 1; j <= text.length; j++) {
      const same = word[i - 1] === text[j - 1];
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && word[i - 1] === text[j - 2] && word[i - 2] === text[j - 1]) {
        next[j] = Math.min(next[j], before[j - 2] + 1);
      }
    }
    before = row;
    row = next;
  }
  const least = Math.min(...row.slice(Math.max(word.length - most, 0)));
  return least <= most ? least : Infinity;
}
