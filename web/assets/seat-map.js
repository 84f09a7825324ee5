// The seat map: a canvas with zoom and pan, a cursor for keys, a tip for the
// mouse. The same seats stand as a list beside it (seat-list.js).
import { announce } from './announce.js';
import { byId, el, show } from './dom.js';
import { money, spokenMoney } from './format.js';
import { ZOOM_STEP, listen } from './map-gestures.js';
import { layOut, neighbour, seatAt } from './map-layout.js';
import { Painter, stamp } from './map-paint.js';
import { View } from './map-view.js';
import { FREE, HELD, MINE, SOLD, STATE_WORDS } from './seats.js';

const TAP_PIXELS = { mouse: 9, touch: 22, pen: 12 };
const CURSOR_SCALE = 16;

export class SeatMap {
  #cursor = -1;
  #frame = 0;
  #pending = new Set();

  /** `onchoose(index)`: a seat was clicked, tapped, or chosen by key. */
  constructor(seats, currency, onchoose) {
    Object.assign(this, { seats, currency, onchoose });
    this.canvas = byId('map');
    this.tip = byId('map-tip');
    this.layout = layOut(seats);
    const prices = [...new Set(seats.sections.map(({ price }) => price))].sort((a, b) => b - a);
    this.tierOf = (section) => Math.min(prices.indexOf(section.price), 4);
    this.painter = new Painter(this.canvas, seats, this.layout, this.tierOf);
    this.view = new View(this.layout, () => this.draw());
    listen(this.canvas, this.view, {
      tap: (x, y, kind) => this.#tap(x, y, kind),
      hover: (x, y) => this.#hover(x, y),
      cursor: (dx, dy) => this.#moveCursor(dx, dy),
      choose: () => { if (this.#cursor >= 0) onchoose(this.#cursor); else this.#moveCursor(0, 0); },
    });
    byId('zoom-in').onclick = () => this.view.zoom(ZOOM_STEP, undefined, undefined, true);
    byId('zoom-out').onclick = () => this.view.zoom(1 / ZOOM_STEP, undefined, undefined, true);
    byId('zoom-whole').onclick = () => this.view.whole();
    this.canvas.addEventListener('blur', () => { this.#cursor = -1; this.draw(); });
    seats.addEventListener('change', () => this.draw());
    new ResizeObserver(() => this.#resize()).observe(this.canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.painter.readColours();
      this.#legend();
      this.draw();
    });
    this.#resize();
    this.#legend();
  }

  /** Seats whose hold is on its way: drawn as the buyer's own already. */
  setPending(indices) {
    this.#pending = new Set(indices);
    this.draw();
  }

  draw() {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.canvas.width === 0) return;
      this.painter.paint(this.view, { ratio: this.ratio, cursor: this.#cursor, pending: this.#pending });
      this.canvas.classList.toggle('zoomed', !this.view.isWhole);
      byId('zoom-out').disabled = this.view.isWhole;
      byId('zoom-whole').disabled = this.view.isWhole;
      byId('zoom-in').disabled = this.view.scale >= this.view.max * 0.999;
    });
  }

  #resize() {
    const { clientWidth, clientHeight } = this.canvas;
    if (clientWidth === 0) return;
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(clientWidth * this.ratio);
    this.canvas.height = Math.round(clientHeight * this.ratio);
    this.view.resize(clientWidth, clientHeight);
  }

  #tap(x, y, kind) {
    const index = seatAt(this.layout, ...this.view.toHall(x, y));
    const wanted = TAP_PIXELS[kind] ?? TAP_PIXELS.mouse;
    if (this.view.scale < Math.min(wanted, this.view.max)) this.view.zoom(Math.max(2.5, wanted * 1.3 / this.view.scale), x, y, true);
    else if (index >= 0) this.onchoose(index);
  }

  #hover(x, y) {
    const index = x === null ? -1 : seatAt(this.layout, ...this.view.toHall(x, y));
    const seat = this.seats.describe(index);
    show(this.tip, Boolean(seat));
    this.canvas.classList.toggle('over', Boolean(seat) && [FREE, MINE].includes(this.seats.state(index)));
    if (!seat) return;
    this.tip.replaceChildren(
      el('strong', { text: `Row ${seat.row}, seat ${seat.label}` }),
      el('span', { text: `${seat.section} · ${money(seat.price, this.currency)}` }),
      el('span', { text: STATE_WORDS[this.seats.state(index)] }),
    );
    const [px, py] = this.view.toCanvas(this.layout.x[index], this.layout.y[index]);
    const half = this.tip.offsetWidth / 2;
    const left = Math.min(this.view.width - half - 6, Math.max(half + 6, px));
    const below = py < this.tip.offsetHeight + 24;
    this.tip.style.transform = `translate(${left - half}px, ${below ? py + this.view.scale : py - this.tip.offsetHeight - this.view.scale * 0.8}px)`;
  }

  #moveCursor(dx, dy) {
    const { layout, seats, view } = this;
    if (this.#cursor < 0) {
      // The first key starts at the free seat nearest to the middle of what is seen.
      let cost = Infinity;
      for (let i = 0; i < seats.count; i += 1) {
        const away = Math.hypot(layout.x[i] - view.x, layout.y[i] - view.y) + (seats.state(i) === FREE ? 0 : 1000);
        if (away < cost) [cost, this.#cursor] = [away, i];
      }
    } else {
      const next = neighbour(layout, seats, this.#cursor, dx, dy);
      if (next >= 0) this.#cursor = next;
    }
    if (this.#cursor < 0) return;
    view.reveal(layout.x[this.#cursor], layout.y[this.#cursor], CURSOR_SCALE);
    this.draw();
    announce(seatWords(seats, this.#cursor, this.currency), { topic: 'cursor' });
  }

  #legend() {
    const { colours } = this.painter;
    const icon = (state, tier) => {
      const canvas = el('canvas', { width: 40, height: 40, 'aria-hidden': 'true' });
      stamp(canvas.getContext('2d'), state, 40, colours, tier);
      return canvas;
    };
    const entry = (state, tier, text) => el('li', {}, icon(state, tier), el('span', { text }));
    const byPrice = new Map();
    for (const section of this.seats.sections) byPrice.set(section.price, [...(byPrice.get(section.price) ?? []), section]);
    const prices = [...byPrice].sort(([a], [b]) => b - a).map(([price, sections]) => {
      const names = sections.length > 3 ? `${sections[0].name} to ${sections.at(-1).name}` : sections.map(({ name }) => name).join(', ');
      return entry(FREE, this.tierOf(sections[0]), `${money(price, this.currency)} · ${names}`);
    });
    byId('legend').replaceChildren(...prices, entry(MINE, 0, 'Yours'), entry(HELD, 0, 'Held by someone else'), entry(SOLD, 0, 'Sold'));
  }
}

/** A seat's whole name: `Row G, seat 8, Stalls, 45.00 EUR, available`. */
export function seatWords(seats, index, currency) {
  const { section, row, label, price } = seats.describe(index);
  return `Row ${row}, seat ${label}, ${section}, ${spokenMoney(price, currency)}, ${STATE_WORDS[seats.state(index)]}`;
}
