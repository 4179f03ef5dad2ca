// A text that counts once it is complete; what is being typed, or is wrong, stays as it is.
import { useState } from 'preact/hooks';
import { h } from './ui.js';

/** @param onWritten gets the text; gives what is wrong with it, if anything */
export function Written({ shown, onWritten, ...more }) {
  const [text, setText] = useState();
  const [problem, setProblem] = useState();
  const change = (event) => {
    const wrong = onWritten(event.target.value.trim());
    setProblem(wrong);
    setText(wrong ? event.target.value : undefined);
  };
  return [
    h('input', { key: 'text', ...more, 'aria-invalid': Boolean(problem), value: text ?? shown, onInput: (event) => setText(event.target.value), onChange: change }),
    problem && h('span', { key: 'problem', class: 'bad note', role: 'alert' }, problem),
  ];
}
