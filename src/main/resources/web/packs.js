// Packs: events of the spool that became an object in the lake.
import { bytes, duration, number, plural, time } from './format.js';

/** How long it took, in seconds. */
export const took = (pack) => (Date.parse(pack.finished_at) - Date.parse(pack.started_at)) / 1000;

/** What it says of itself: its failure, or what it changed in the columns. */
export const message = (pack) => pack.message
  ?? [pack.source_objects > 0 && plural(pack.source_objects, 'source object'), pack.added.length > 0 && `new columns: ${pack.added.join(', ')}`, pack.widened.length > 0 && `wider: ${pack.widened.join(', ')}`].filter(Boolean).join('; ');

export const PACKS = [
  { name: 'Started', head: true, cell: (pack) => time(pack.started_at) },
  { name: 'Took', number: true, cell: (pack) => duration(took(pack)) },
  { name: 'State', cell: (pack) => pack.state },
  { name: 'Events', number: true, cell: (pack) => number(pack.events) },
  { name: 'Dropped', number: true, cell: (pack) => number(pack.dropped) },
  { name: 'Dead letters', number: true, cell: (pack) => number(pack.dead_letters) },
  { name: 'Size', number: true, cell: (pack) => (pack.object ? bytes(pack.bytes) : '–') },
  { name: 'Object', text: true, cell: (pack) => pack.object ?? '–' },
  { name: 'Message', text: true, cell: message },
];
