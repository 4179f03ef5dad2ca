// Buttons that are one stop of the Tab key; arrows move among them.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { h } from './ui.js';

const CONTROLS = 'button:not(:disabled), select, summary, a[href]';

export function Toolbar({ label, class: name, children }) {
  const root = useRef(null);
  const controls = () => [...root.current.querySelectorAll(CONTROLS)].filter((control) => !control.closest('.menu-list'));
  const stopAt = (control) => controls().forEach((one) => {
    one.tabIndex = one === control ? 0 : -1;
  });
  // Which ones there are may change with every drawing.
  useLayoutEffect(() => stopAt(controls().find((one) => one.tabIndex === 0 && one === document.activeElement) ?? controls()[0]));
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = controls();
    const at = all.indexOf(event.target);
    if (step && at >= 0 && event.target.tagName !== 'SELECT') {
      event.preventDefault();
      const next = all[(at + step + all.length) % all.length];
      stopAt(next);
      next.focus();
    }
  };
  return h('div', { ref: root, class: name, role: 'toolbar', 'aria-label': label, onKeyDown: move }, children);
}
