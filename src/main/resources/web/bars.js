// Bars over time, and choosing a stretch of them.
import { useRef, useState } from 'preact/hooks';
import { number, time } from './format.js';
import { h } from './ui.js';

const HEIGHT = 56;

/** {ref, drag, handlers}: what was dragged over is given in whole bars, a click in one. */
export function useBrush(drawn, onChoose) {
  const ref = useRef(null);
  const [drag, setDrag] = useState(null);
  const at = (event) => {
    const box = ref.current.getBoundingClientRect();
    return Math.min(Math.max(Math.floor((event.clientX - box.left) / box.width * drawn.buckets.length), 0), drawn.buckets.length - 1);
  };
  return {
    ref, drag,
    handlers: {
      onPointerDown: (event) => {
        ref.current.setPointerCapture(event.pointerId);
        setDrag([at(event), at(event)]);
      },
      onPointerMove: (event) => drag && setDrag([drag[0], at(event)]),
      onPointerUp: () => {
        if (drag) {
          setDrag(null);
          onChoose(drawn.first + Math.min(...drag) * drawn.step, drawn.first + (Math.max(...drag) + 1) * drawn.step);
        }
      },
      onPointerCancel: () => setDrag(null),
    },
  };
}

export function Bars({ drawn, brush, label }) {
  const { buckets, most, first, step } = drawn;
  const width = 1000 / buckets.length;
  const isChosen = (at) => !brush.drag || (at >= Math.min(...brush.drag) && at <= Math.max(...brush.drag));
  return h('svg', { ref: brush.ref, viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label, ...brush.handlers },
    buckets.map((count, at) => h('g', { key: at },
      h('rect', { class: isChosen(at) ? 'bar in' : 'bar', x: at * width + width * 0.06, width: width * 0.88, y: HEIGHT - count / (most || 1) * (HEIGHT - 2), height: count / (most || 1) * (HEIGHT - 2) }),
      h('rect', { class: 'hit', x: at * width, width, y: 0, height: HEIGHT }, h('title', null, `${time(first + at * step)}: ${number(count)}`)))));
}
