// Small parts for all views.
import { Component, h, render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { copyText } from './give.js';
import { PASSING, RETRY } from './work.js';

export { h };

/** The modifier key for shortcuts with a letter. */
export const MODIFIER = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl';

export const Skeleton = ({ lines = 3 }) =>
  h('div', { class: 'skeleton', role: 'status', 'aria-label': 'Loading' },
    Array.from({ length: lines }, (_, line) => h('span', { key: line, style: { width: `${90 - line * 13 % 50}%` } })));

const LONG = 240;

/** An error in one line; the rest of a long one is folded. */
export function Message({ text }) {
  if (text.length <= LONG) {
    return h('p', null, text);
  }
  const start = text.slice(0, LONG * 2 / 3);
  return h('details', { class: 'message' }, h('summary', null, `${start.slice(0, start.lastIndexOf(' '))} …`), h('p', null, text));
}

/** An error in one line with a next step, unless it is `said` already; temporary errors are tried again. */
export function Problem({ error, said, retry }) {
  useEffect(() => {
    const timer = retry && PASSING.includes(error?.status) ? setTimeout(retry, RETRY) : undefined;
    return () => clearTimeout(timer);
  }, [error]);
  if (!error || error.message === said?.message) {
    return null;
  }
  return h('div', { class: 'problem', role: 'alert' },
    h(Message, { text: error.message }),
    error.status === 401 && h('p', null, 'Open the link that the connector showed at its start, or http://localhost:…/?token=… with server.token.'),
    retry && h('button', { type: 'button', onClick: retry }, 'Try again'));
}

/** Shows an error in its content instead of an empty page; a change of `place` tries again. */
export class Boundary extends Component {
  componentDidCatch(error) {
    this.setState({ error, place: this.props.place });
  }

  render({ place, children }, { error, place: broken }) {
    return error && broken === place
      ? h(State, { title: 'This view cannot be shown.' },
        h('p', null, `${error.message}. The link may be incomplete.`),
        h('p', null, h('a', { href: '#/data' }, 'Go back to the data')))
      : children;
  }
}

export const State = ({ title, children }) =>
  h('div', { class: 'state' }, h('p', { class: 'state-title' }, title), children);

/** Tabs as in WAI-ARIA: arrows move, and the chosen tab is in the tab order. */
export function Tabs({ label, tabs, chosen, onChoose }) {
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) {
      return;
    }
    const at = tabs.findIndex(([id]) => id === chosen);
    const [next] = tabs[(at + step + tabs.length) % tabs.length];
    onChoose(next);
    event.currentTarget.querySelector(`[data-tab="${next}"]`).focus();
  };
  return h('div', { class: 'tabs', role: 'tablist', 'aria-label': label, onKeyDown: move },
    tabs.map(([id, name]) => h('button', {
      key: id,
      type: 'button',
      role: 'tab',
      'data-tab': id,
      'aria-selected': id === chosen,
      tabIndex: id === chosen ? 0 : -1,
      onClick: () => onChoose(id),
    }, name)));
}

/** A button that opens a list; Escape or a click elsewhere closes it. */
export function Menu({ label, title, children, align = 'left' }) {
  const [open, setOpen] = useState(false);
  const root = useRef(null);
  useEffect(() => {
    if (!open) {
      return undefined;
    }
    const elsewhere = (event) => !root.current?.contains(event.target) && setOpen(false);
    const escape = (event) => {
      if (event.key === 'Escape') {
        setOpen(false);
        root.current?.querySelector('button')?.focus();
      }
    };
    // On a phone it may open below what is visible.
    root.current.querySelector('.menu-list').scrollIntoView({ block: 'nearest' });
    document.addEventListener('pointerdown', elsewhere);
    document.addEventListener('focusin', elsewhere);
    document.addEventListener('keydown', escape);
    return () => {
      document.removeEventListener('pointerdown', elsewhere);
      document.removeEventListener('focusin', elsewhere);
      document.removeEventListener('keydown', escape);
    };
  }, [open]);
  return h('div', { class: 'menu', ref: root },
    h('button', { type: 'button', class: 'quiet', title, 'aria-expanded': open, onClick: () => setOpen(!open) }, label),
    open && h('div', { class: `menu-list ${align}` }, children(() => setOpen(false))));
}

export function Copy({ text, label = 'Copy' }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await copyText(typeof text === 'function' ? text() : text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return h('button', { type: 'button', class: 'quiet', onClick: copy }, done ? 'Copied' : label);
}

/** Renders its children in another element of the page. */
export function Elsewhere({ into, children }) {
  useEffect(() => {
    if (into.current) {
      render(children, into.current);
    }
  });
  useEffect(() => () => into.current && render(null, into.current), []);
  return null;
}
