// What part of the hall is seen: scale and place, bounded, moved smoothly unless
// the reader wants less motion.
const MAX_SEAT_PIXELS = 46;
const GLIDE_MS = 220;
const LABEL_PIXELS = 26; // below the last rows, for their section's name

export class View {
  scale = 1;
  x = 0; // the hall's point in the middle of the canvas
  y = 0;
  #glide = 0;

  constructor(layout, onchange) {
    this.layout = layout;
    this.onchange = onchange;
    this.still = matchMedia('(prefers-reduced-motion: reduce)');
  }

  resize(width, height) {
    const fitted = this.width === undefined || this.scale <= this.fit * 1.001;
    Object.assign(this, { width, height });
    if (fitted) this.whole(false); else this.#settle();
  }

  get fit() {
    const { width, top, bottom } = this.layout;
    return Math.min(this.width / (width + 2), (this.height - LABEL_PIXELS) / (bottom - top + 0.5), MAX_SEAT_PIXELS);
  }

  get max() { return Math.max(MAX_SEAT_PIXELS, this.fit); }
  get isWhole() { return this.scale <= this.fit * 1.001; }

  whole(smooth = true) {
    const { top, bottom } = this.layout;
    this.#move({ scale: this.fit, x: 0, y: (top + bottom + LABEL_PIXELS / this.fit) / 2 }, smooth);
  }

  /** Zooms by a factor; the point of the canvas (`px`, `py`) stays where it is. */
  zoom(factor, px = this.width / 2, py = this.height / 2, smooth = false) {
    const scale = Math.min(this.max, Math.max(this.fit, this.scale * factor));
    const [x, y] = this.toHall(px, py);
    this.#move({ scale, x: x - (px - this.width / 2) / scale, y: y - (py - this.height / 2) / scale }, smooth);
  }

  pan(dx, dy, smooth = false) { this.#move({ scale: this.scale, x: this.x - dx / this.scale, y: this.y - dy / this.scale }, smooth); }

  /** Brings a point of the hall into sight, at least at this scale. */
  reveal(x, y, scale = this.scale) {
    const [px, py] = this.toCanvas(x, y);
    const margin = 40;
    const seen = px > margin && py > margin && px < this.width - margin && py < this.height - margin;
    if (!seen || scale > this.scale) this.#move({ scale: Math.max(scale, this.scale), x, y }, true);
  }

  toHall(px, py) { return [this.x + (px - this.width / 2) / this.scale, this.y + (py - this.height / 2) / this.scale]; }
  toCanvas(x, y) { return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2]; }

  #move(to, smooth) {
    cancelAnimationFrame(this.#glide);
    this.#glide = 0;
    if (!smooth || this.still.matches) {
      Object.assign(this, to);
      this.#settle();
      return;
    }
    const from = { scale: this.scale, x: this.x, y: this.y };
    const start = performance.now();
    const step = (now) => {
      const t = Math.min(1, Math.max(0, (now - start) / GLIDE_MS));
      const ease = 1 - (1 - t) ** 3;
      for (const part of ['scale', 'x', 'y']) this[part] = from[part] + (to[part] - from[part]) * ease;
      this.#settle();
      this.#glide = t < 1 ? requestAnimationFrame(step) : 0;
    };
    this.#glide = requestAnimationFrame(step);
  }

  /** Keeps the hall in sight. */
  #settle() {
    const { width, top, bottom } = this.layout;
    this.scale = Math.min(this.max, Math.max(this.fit, this.scale));
    const hold = (value, low, high, seen) => {
      const [from, to] = [low + seen / 2, high - seen / 2];
      return from >= to ? (low + high) / 2 : Math.min(to, Math.max(from, value));
    };
    this.x = hold(this.x, -width / 2 - 2, width / 2 + 2, this.width / this.scale);
    this.y = hold(this.y, top - 0.5, bottom + LABEL_PIXELS / this.scale, this.height / this.scale);
    this.onchange();
  }
}
