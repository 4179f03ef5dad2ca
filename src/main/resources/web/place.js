// The place in the page: view, dataset, range and query. It is in the address's fragment, so that a link shows the same
// view and no server logs the query.

/** The parts of a result besides the records. */
const TABS = ['chart', 'statistics', 'payload', 'plan'];

/**
 * {view: 'data', tenant, dataset, from, to, sql, time, columns, pinned, widths, tab, chart}, {view: 'exports', name, destination}, {view: 'feeds', name, destination} (a tenant and a dataset, or new) or {view: 'runs', name};
 * `cut`: the link contained an invalid time, which is left out.
 */
export function read(hash) {
  const [route, query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view, first, second] = route.split('/').map(decode);
  if (['exports', 'feeds', 'runs'].includes(view)) {
    return { view, name: first, destination: second };
  }
  const values = new URLSearchParams(query);
  const [from, to] = ['from', 'to'].map((name) => values.get(name) ?? undefined);
  const cut = [from, to].some((moment) => moment && !isMoment(moment));
  return {
    view: 'data',
    tenant: first,
    dataset: second,
    from: cut ? undefined : from,
    to: cut ? undefined : to,
    sql: values.get('sql') ?? undefined,
    time: values.get('time') ?? undefined,
    columns: values.has('column') ? values.getAll('column') : undefined,
    pinned: Number(values.get('pinned')) || 0,
    widths: values.has('width') ? Object.fromEntries(values.getAll('width').map(widthOf).filter(Boolean)) : undefined,
    tab: TABS.find((tab) => tab === values.get('tab')),
    chart: values.has('chart') ? { kind: values.get('chart'), x: values.get('x') ?? undefined, y: values.has('y') ? values.getAll('y') : undefined, series: values.get('series') ?? undefined } : undefined,
    cut,
  };
}

/** A width stands as 120:name, because a name may contain anything. */
function widthOf(text) {
  const found = /^(\d{1,4}):(.*)$/s.exec(text);
  return found && [found[2], Number(found[1])];
}

/** Rejects a value that a mail program or a chat has cut off. */
const isMoment = (text) => text === 'all' || (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)));

export function write(place) {
  const parts = place.view !== 'data' ? [place.name, place.destination] : [place.tenant, place.dataset];
  const values = [
    ...Object.entries({ from: place.from, to: place.to, sql: place.sql, time: place.time, pinned: place.pinned }),
    ...(place.columns ?? []).map((name) => ['column', name]),
    ...Object.entries(place.widths ?? {}).map(([name, width]) => ['width', `${width}:${name}`]),
    ['tab', place.tab],
  ].filter(([, value]) => value).concat(chartOf(place.chart));
  const route = [place.view, ...parts.filter(Boolean)].map(encodeURIComponent).join('/');
  return `#/${route}${values.length && place.view === 'data' ? '?' + new URLSearchParams(values) : ''}`;
}

function chartOf(chart) {
  return chart ? [['chart', chart.kind], ['x', chart.x], ...(chart.y ?? []).map((name) => ['y', name]), ['series', chart.series]].filter(([, value]) => value !== undefined) : [];
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
