// Counts over time in steps that a person reads easily.
import { plural } from './format.js';

const BARS = 60;
const FEW = 4;
const STEPS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400, 604800, 2592000].map((seconds) => seconds * 1000);

/** The length of a bar, in milliseconds, with which so much time has not too many of them. */
export const stepOf = (length) => STEPS.find((size) => length / size <= BARS) ?? Math.ceil(length / BARS / 86400000) * 86400000;

export function stepText(milliseconds) {
  const seconds = milliseconds / 1000;
  const [size, unit] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']].find(([length]) => seconds % length === 0) ?? [1, 'second'];
  return plural(seconds / size, unit);
}

/** {from, to} of the points if they are in so few steps that one sees nothing, and there is a shorter step; otherwise undefined. */
export function closer(points, step) {
  const [from, to] = [points[0]?.[0], points[points.length - 1]?.[0] + step];
  return points.length && (to - from) / step < FEW && step > STEPS[0] ? { from, to } : undefined;
}

/**
 * {first, last, step, stepText, buckets, most, total, outside} of [moment, count]; null without any.
 *
 * @param wanted {from, to}: what is drawn, unless most of them are outside
 */
export function bucketsOf(points, step, wanted) {
  if (!points.length) {
    return null;
  }
  const total = points.reduce((sum, [, count]) => sum + count, 0);
  const isIn = ([moment]) => moment + step > wanted.from && moment < wanted.to;
  const inside = points.filter(isIn);
  const within = inside.reduce((sum, [, count]) => sum + count, 0);
  const drawn = within * 2 >= total ? inside : points;
  const ends = drawn === inside ? wanted
    : { from: Math.min(...points.map(([moment]) => moment)), to: Math.max(...points.map(([moment]) => moment)) + step };
  const size = drawn === inside ? step : Math.max(stepOf(ends.to - ends.from), step);
  const first = Math.floor(ends.from / size) * size;
  const buckets = new Array(Math.max(Math.ceil((ends.to - first) / size), 1)).fill(0);
  for (const [moment, count] of drawn) {
    buckets[Math.min(Math.max(Math.floor((moment - first) / size), 0), buckets.length - 1)] += count;
  }
  return {
    first, last: first + buckets.length * size, step: size, stepText: stepText(size), buckets,
    most: Math.max(...buckets), total, outside: drawn === inside ? total - within : 0,
  };
}
