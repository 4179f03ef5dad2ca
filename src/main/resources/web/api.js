// Calls the connector. An error is one line for the person, with the HTTP status, or 0 without an answer.
import { parse } from './exact.js';
import { hear } from './format.js';

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const UNREACHABLE = 'The connector does not answer. If it has stopped, start it again; this page asks again by itself.';
const TOKEN_NEEDED = 'A token is needed.';

/** What comes over the network, or that nothing does. */
async function reached(coming) {
  try {
    return await coming;
  } catch (failure) {
    throw failure.name === 'AbortError' ? failure : new ApiError(0, UNREACHABLE);
  }
}

async function send(method, path, body, signal) {
  const sent = Date.now();
  const response = await reached(fetch('/api/v1/' + path, {
    method,
    signal,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  }));
  hear(response.headers.get('Date'), sent);
  return response;
}

function answerOf(text) {
  try {
    return text ? parse(text) : {};
  } catch {
    return { error: text.split('\n')[0].slice(0, 300) };
  }
}

const refusal = ({ status }, text) =>
  (status === 401 ? new ApiError(401, TOKEN_NEEDED) : new ApiError(status, answerOf(text).error ?? `The connector answered ${status}.`));

async function ask(method, path, body, signal) {
  const response = await send(method, path, body, signal);
  const text = await reached(response.text());
  if (!response.ok) {
    throw refusal(response, text);
  }
  return answerOf(text);
}

export const get = (path, signal) => ask('GET', path, undefined, signal);
export const post = (path, body, signal) => ask('POST', path, body, signal);
export const remove = (path) => ask('DELETE', path);

/** The ids of requests that the connector is working on for this page. */
const working = new Set();

// Nobody waits for the answers to a closed tab.
addEventListener('pagehide', () => working.forEach((id) =>
  fetch('/api/v1/' + path('queries', id), { method: 'DELETE', keepalive: true })));

/** Sends a request that may take long. If it is given up, the connector stops the work, too. */
async function stoppable(work, signal) {
  const id = randomId();
  const stop = () => remove(path('queries', id)).catch(() => undefined);
  signal.addEventListener('abort', stop);
  working.add(id);
  try {
    return await work(id);
  } finally {
    working.delete(id);
    signal.removeEventListener('abort', stop);
  }
}

export const look = (address, values, signal) =>
  stoppable((id) => get(address + parameters({ ...values, query_id: id }), signal), signal);

export const query = (values, signal) =>
  stoppable((id) => post('query', { ...values, query_id: id }, signal), signal);

/** All that a query selects: {blob, name}. */
export const file = (values, signal) => stoppable(async (id) => {
  const response = await send('POST', 'download', { ...values, query_id: id }, signal);
  if (!response.ok) {
    throw refusal(response, await reached(response.text()));
  }
  return { blob: await reached(response.blob()), name: /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition'))?.[1] ?? 'records' };
}, signal);

/** crypto.randomUUID is missing if the page came without TLS from another machine. */
export const randomId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** A path of the API from parts that may hold any character. */
export const path = (...parts) => parts.map(encodeURIComponent).join('/');

/** The part of an address after its path, without undefined and empty values. */
export function parameters(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length ? '?' + new URLSearchParams(given) : '';
}
