// What the browser remembers between visits: queries, the destination's name and the theme. Never a secret. Without storage it remembers nothing.

const QUERIES = 'connector.queries';
const THEME = 'connector.theme';
const DESTINATION = 'connector.destination';
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
export const theme = () => kept(THEME);

/** The destination that was chosen last; what was typed in for it is not kept. */
export const destinationName = () => kept(DESTINATION);

export const rememberTheme = (name) => store(THEME, name);

export const rememberDestination = (name) => store(DESTINATION, name);

function kept(key) {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function store(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Full or forbidden: the page works without.
  }
}
