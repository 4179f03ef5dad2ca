// The only modal, before data is deleted. For the most important cases, the person types the name.
import { useRef, useState } from 'preact/hooks';
import { h } from './ui.js';

export function Confirm({ label, title, text, typed, action, task, disabled }) {
  const dialog = useRef(null);
  const [name, setName] = useState('');
  const open = () => {
    setName('');
    dialog.current.showModal();
  };
  const confirm = (event) => {
    event.preventDefault();
    dialog.current.close();
    task.run();
  };
  return [
    h('button', { type: 'button', class: 'danger', disabled: disabled || task.busy, onClick: open }, label),
    h('dialog', { ref: dialog, 'aria-label': title },
      h('form', { onSubmit: confirm },
        h('h2', null, title),
        h('p', null, text),
        typed && h('label', null, 'Type ', h('code', null, typed), ' to continue',
          h('input', { value: name, autocomplete: 'off', spellcheck: false, onInput: (event) => setName(event.target.value) })),
        h('div', { class: 'bar-line' },
          h('button', { type: 'submit', class: 'danger', disabled: Boolean(typed) && name !== typed }, action),
          h('button', { type: 'button', onClick: () => dialog.current.close() }, 'Keep')))),
  ];
}
