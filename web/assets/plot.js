// A small plot of one value per second, oldest first.
import { el } from './dom.js';

const WIDTH = 300;

/** Redraws `svg` with an area and a line; returns the highest value. */
export function plot(svg, values, height = 60) {
  const top = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map((value, i) => `${(i * step).toFixed(1)},${(height - 2 - (value / top) * (height - 6)).toFixed(1)}`);
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${height}`);
  svg.replaceChildren(
    ...[0.25, 0.5, 0.75].map((part) => el('line', { class: 'plot-grid', x1: 0, x2: WIDTH, y1: height * part, y2: height * part, 'vector-effect': 'non-scaling-stroke' })),
    el('path', { class: 'plot-area', d: `M0,${height} L${points.join(' L')} L${WIDTH},${height} Z` }),
    el('polyline', { class: 'plot-line', points: points.join(' '), 'vector-effect': 'non-scaling-stroke' }),
  );
  return Math.max(0, ...values);
}
