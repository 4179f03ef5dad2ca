// What the browser remembers between visits: queries and the theme. Never a secret. Without storage it remembers nothing.

const QUERIES = 'connector.queries';
const THEME = 'connector.theme';
const MOST_QUERIES = 50;

export function queries() {
  try {
    const kept = JSON.parse(localStorage.getItem(QUERIES) ?? '[]');
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry?.sql === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberQuery(dataset, sql) {
  const others = queries().filter((entry) => entry.sql !== sql || entry.dataset !== dataset);
  store(QUERIES, JSON.stringify([{ dataset, sql, at: new Date().toISOString() }, ...others].slice(0, MOST_QUERIES)));
}

/** 'light', 'dark', or undefined: as the system is. */
export function theme() {
  try {
    return localStorage.getItem(THEME) ?? undefined;
  } catch {
    return undefined;
  }
}

export const rememberTheme = (name) => store(THEME, name);

function store(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Full or forbidden: the page works without.
  }
}
