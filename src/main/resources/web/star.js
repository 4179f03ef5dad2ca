// A mark for datasets that a person wants to stand first.
import { useState } from 'preact/hooks';
import { rememberStars, stars } from './memory.js';
import { h } from './ui.js';

export function Star({ name }) {
  const [marked, setMarked] = useState(() => stars().includes(name));
  const turn = () => {
    rememberStars(marked ? stars().filter((one) => one !== name) : [name, ...stars()]);
    setMarked(!marked);
    dispatchEvent(new Event('stars'));
  };
  return h('button', { type: 'button', class: 'quiet icon star', 'aria-pressed': marked, 'aria-label': 'Star', title: marked ? 'No longer first in the list' : 'First in the list', onClick: turn }, marked ? '★' : '☆');
}
