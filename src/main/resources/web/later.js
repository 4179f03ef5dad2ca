// Parts of the page that load when they are first shown, so that the first records need fewer modules.
import { useEffect, useState } from 'preact/hooks';
import { Skeleton, h } from './ui.js';
import { RETRY } from './work.js';

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
    const [turn, setTurn] = useState(0);
    useEffect(() => {
      let timer;
      if (!part) {
        load().then((module) => {
          part = module[name];
          setState(name);
        }, () => {
          setLost(true);
          timer = setTimeout(() => setTurn(turn + 1), RETRY);
        });
      }
      return () => clearTimeout(timer);
    }, [turn]);
    return part ? h(part, properties)
      : lost ? h('p', { class: 'problem', role: 'alert' }, 'This part of the page did not load: the connector does not answer. The page asks again by itself; if this stays, reload it.')
      : h(Skeleton, { lines: 3 });
  };
}
