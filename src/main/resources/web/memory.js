// The browser's memory between visits: queries, the destination's name and the theme, but no secrets. Without storage
// it remembers nothing.

const QUERIES = 'connector.queries';
const THEME = 'connector.theme';
const DESTINATION = 'connector.destination';
const LAYOUTS = 'connector.layouts';
const DRAFTS = 'connector.drafts';
const ZONE = 'connector.zone';
const STARS = 'connector.stars';
const RECENT = 'connector.recent';
const RUN = 'connector.run';
const TYPED = 'connector.typed';
const MOST_QUERIES = 50;
const MOST_RECENT = 5;

export function queries() {
  try {
    const kept = JSON.parse(localStorage.getItem(QUERIES) ?? '[]');
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry?.sql === 'string') : [];
  } catch {
    return [];
  }
}

/** Whether this browser has run the query on the dataset before. */
export const hasRun = (dataset, sql) => queries().some((entry) => entry.dataset === dataset && entry.sql === sql);

export function rememberQuery(dataset, sql) {
  const others = queries().filter((entry) => entry.sql !== sql || entry.dataset !== dataset);
  store(QUERIES, JSON.stringify([{ dataset, sql, at: new Date().toISOString() }, ...others].slice(0, MOST_QUERIES)));
}

/** The text typed for a dataset and not run yet: in this tab, else in any. */
export const draft = (dataset) =>
  [() => sessionStorage, () => localStorage].map((place) => drafts(place)[dataset]).find((text) => typeof text === 'string');

export function rememberDraft(dataset, sql) {
  for (const place of [() => sessionStorage, () => localStorage]) {
    const { [dataset]: before, ...others } = drafts(place);
    const last = Object.entries(others).slice(-MOST_QUERIES);
    store(DRAFTS, JSON.stringify(Object.fromEntries(sql === undefined ? last : [...last, [dataset, sql]])), place);
  }
}

/** @param place gives the storage; a forbidden one throws */
function drafts(place) {
  try {
    return JSON.parse(place().getItem(DRAFTS) ?? '{}') ?? {};
  } catch {
    return {};
  }
}

/** The layout of a dataset's records: {time, columns, pinned}, as in a place, and {widths}, by column. */
export function layout(dataset) {
  const { columns, ...more } = layouts()[dataset] ?? {};
  return { ...more, columns: Array.isArray(columns) ? columns : undefined };
}

export function rememberLayout(dataset, change) {
  const { [dataset]: before, ...others } = layouts();
  store(LAYOUTS, JSON.stringify(Object.fromEntries([...Object.entries(others).slice(-MOST_QUERIES), [dataset, { ...before, ...change }]])));
}

function layouts() {
  try {
    return JSON.parse(localStorage.getItem(LAYOUTS) ?? '{}') ?? {};
  } catch {
    return {};
  }
}

/** The id of the export that this tab has started, until the tab is closed. */
export function run() {
  try {
    return sessionStorage.getItem(RUN) ?? undefined;
  } catch {
    return undefined;
  }
}

export function rememberRun(id) {
  try {
    id ? sessionStorage.setItem(RUN, id) : sessionStorage.removeItem(RUN);
  } catch {
    // Storage is full or forbidden: a reload forgets it.
  }
}

/** 'light', 'dark', or undefined for the system's theme. */
export const theme = () => kept(THEME);

/** What was typed for destinations in this tab, by destination and setting, without secrets. */
export function typedSettings() {
  try {
    return Object.fromEntries(Object.entries(JSON.parse(sessionStorage.getItem(TYPED) ?? '{}')).filter(([, values]) => typeof values === 'object'));
  } catch {
    return {};
  }
}

export const rememberTypedSettings = (values) => store(TYPED, JSON.stringify(values), () => sessionStorage);

/** The last chosen destination, without the values typed for it. */
export const destinationName = () => kept(DESTINATION);

/** 'local', or undefined or 'UTC'. */
export const zone = () => kept(ZONE);

export const rememberZone = (name) => store(ZONE, name);

/** The datasets, as 'tenant/dataset', that a person has marked, and those opened last, the newest first. */
export const stars = () => list(STARS);
export const recent = () => list(RECENT);

export const rememberStars = (names) => store(STARS, JSON.stringify(names));

export const rememberRecent = (name) =>
  store(RECENT, JSON.stringify([name, ...recent().filter((one) => one !== name)].slice(0, MOST_RECENT)));

function list(key) {
  try {
    const found = JSON.parse(kept(key) ?? '[]');
    return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

export const rememberTheme = (name) => store(THEME, name);

export const rememberDestination = (name) => store(DESTINATION, name);

function kept(key) {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function store(key, text, place = () => localStorage) {
  try {
    place().setItem(key, text);
  } catch {
    // Storage is full or forbidden: the page works without it.
  }
}
