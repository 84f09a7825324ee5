// A quiet picture for an event that has none: rings, their colours and centre
// drawn from its name, always the same for the same event.
import { el } from './dom.js';

const PALETTES = [
  ['#12275e', '#2c55d8', '#8fb1ff', '#ffd27a'],
  ['#0d3b3a', '#14837a', '#7fdccb', '#ffe1a8'],
  ['#43143f', '#9b2f7f', '#f29ac9', '#ffd9a0'],
  ['#4a1f12', '#c0522b', '#ffb086', '#ffe6b8'],
  ['#20244d', '#6650c8', '#bfaeff', '#9fe7d7'],
  ['#16321c', '#3e8b47', '#a9dd9a', '#fff0b3'],
];

export function poster(name) {
  let hash = 2_166_136_261;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0), 16_777_619) >>> 0;
  const draw = (n) => { hash = (Math.imul(hash, 1_664_525) + 1_013_904_223) >>> 0; return (hash >>> 8) % n; };
  const [ground, deep, light, spark] = PALETTES[draw(PALETTES.length)];
  const [cx, cy] = [20 + draw(120), 60 + draw(60)];
  const rings = Array.from({ length: 9 }, (_, i) => el('circle', {
    cx, cy, r: 8 + i * 13, fill: 'none', stroke: i % 3 === draw(3) ? deep : light, 'stroke-opacity': (0.95 - i * 0.085).toFixed(2),
    'stroke-width': 2 + draw(6), 'stroke-dasharray': draw(3) === 0 ? `${4 + draw(60)} ${3 + draw(9)}` : null, 'stroke-linecap': 'round',
  }));
  return el('svg', { viewBox: '0 0 160 120', preserveAspectRatio: 'xMidYMid slice', 'aria-hidden': 'true' },
    el('rect', { width: 160, height: 120, fill: ground }), rings, el('circle', { cx, cy, r: 4 + draw(3), fill: spark }));
}
