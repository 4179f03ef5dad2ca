// A long look at many partitions, part by part.

/**
 * [{from, to, objects}] of the partitions that begin in a range, the newest first; a single part, the range, if some objects have no time: a
 * look at any part has them, too.
 *
 * @param overview of the dataset
 * @param range {from, to} in milliseconds; without it, all
 * @param most parts, roughly
 * @param least objects in a part
 */
export function partsOf({ partitions, objects: all }, { range, most, least }) {
  if (partitions.reduce((sum, { objects }) => sum + objects, 0) !== all) {
    return [{ from: 'all', to: undefined, objects: all }];
  }
  const inside = partitions.map((one) => within(one, range)).filter(({ from, to }) => from < to);
  const wanted = Math.max(inside.reduce((sum, { objects }) => sum + objects, 0) / most, least);
  const parts = [];
  for (const { from, to, objects } of inside.reverse()) {
    const last = parts[parts.length - 1];
    if (last && last.objects + objects <= wanted) {
      parts[parts.length - 1] = { from, to: last.to, objects: last.objects + objects };
    } else {
      parts.push({ from, to, objects });
    }
  }
  return parts;
}

/** A bar of the timeline may begin before the range, or end after it. */
const within = ({ from, to, objects }, range) => (range
  ? { from: iso(Math.max(Date.parse(from), range.from)), to: iso(Math.min(Date.parse(to), range.to)), objects } : { from, to, objects });

const iso = (moment) => new Date(moment).toISOString();
