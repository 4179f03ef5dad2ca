// Parts of the page that load when they are first shown, so that the first records need fewer modules.
import { useEffect, useState } from 'preact/hooks';
import { Skeleton, h } from './ui.js';

/**
 * A component of another module.
 *
 * @param load imports the module
 * @param name of the component in it
 */
export function later(load, name) {
  let part;
  return function Later(properties) {
    const [, setState] = useState();
    const [lost, setLost] = useState(false);
    useEffect(() => {
      if (!part) {
        load().then((module) => {
          part = module[name];
          setState(name);
        }, () => setLost(true));
      }
    }, []);
    return part ? h(part, properties)
      : lost ? h('p', { class: 'problem', role: 'alert' }, 'This part of the page did not load. Reload the page.')
      : h(Skeleton, { lines: 3 });
  };
}
