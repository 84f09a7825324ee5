// Draws the hall on a canvas. Each state has a colour and a shape: free seats are
// filled squares in the colour of their price, held ones hollow circles, sold ones
// small crosses, the buyer's own a dark disc with a tick. They are stamped from
// sprites; from far away map-far.js draws them.
import { FarPainter } from './map-far.js';
import { FREE, HELD, MINE } from './seats.js';

const FAR_PIXELS = 7; // seats smaller than this are drawn by map-far.js
const TIER_LABEL_ROOM = 1.9; // rows of room for a section's name below it
const LABEL_PIXELS = 17; // from here on seats carry their number

export class Painter {
  #sprites = new Map();
  #spriteSize = 0;

  constructor(canvas, seats, layout, tierOf) {
    Object.assign(this, { canvas, seats, layout, tierOf });
    this.context = canvas.getContext('2d', { alpha: false });
    this.far = new FarPainter(seats, layout, tierOf);
    this.readColours();
  }

  readColours() {
    const style = getComputedStyle(this.canvas);
    const read = (name) => style.getPropertyValue(name).trim();
    this.colours = {
      paper: read('--map'), ink: read('--ink'), soft: read('--soft'), line: read('--line-strong'), stage: read('--stage'), onInk: read('--card'), accent: read('--accent'), sold: read('--seat-sold'), held: read('--seat-held'),
      tiers: [1, 2, 3, 4, 5].map((n) => read(`--tier-${n}`)), onTier: read('--on-tier'),
      font: style.fontFamily,
    };
    this.#sprites.clear();
    this.far.setColours(this.colours);
  }

  paint(view, { ratio, cursor, pending }) {
    const { context, colours, layout, seats } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    const pixels = view.scale * ratio;
    const size = Math.max(1, Math.round(pixels * 0.84));
    if (size !== this.#spriteSize) {
      this.#sprites.clear();
      this.#spriteSize = size;
    }
    const [offsetX, offsetY] = view.toCanvas(0, 0).map((at) => at * ratio);
    const isFar = view.scale < FAR_PIXELS;
    if (isFar) {
      this.far.paint(context, { offsetX, offsetY, pixels, pending });
    } else {
      context.fillStyle = colours.paper;
      context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    }
    this.#stage(offsetX, offsetY, pixels);
    const numbers = view.scale >= LABEL_PIXELS;
    const margin = size;
    for (const block of layout.sections) {
      const edge = (layout.bend(Math.max(Math.abs(block.left), Math.abs(block.right))) + 1) * pixels;
      const [left, right] = [block.left * pixels + offsetX, block.right * pixels + offsetX];
      const [top, bottom] = [block.top * pixels + offsetY - edge, block.bottom * pixels + offsetY];
      if (right < 0 || left > this.canvas.width || bottom < 0 || top > this.canvas.height) continue;
      const tier = this.tierOf(block.section);
      for (const row of isFar ? [] : block.section.rows) {
        for (let i = row.first; i < row.first + row.count; i += 1) {
          const px = layout.x[i] * pixels + offsetX;
          const py = layout.y[i] * pixels + offsetY;
          if (px < -margin || py < -margin || px > this.canvas.width + margin || py > this.canvas.height + margin) continue;
          const state = pending.has(i) ? MINE : seats.state(i);
          context.drawImage(this.#sprite(state, tier, size), Math.round(px - size / 2), Math.round(py - size / 2));
          if (numbers && state === FREE) this.#number(row.labels[i - row.first], px, py, pixels);
        }
        if (numbers) this.#rowLabel(row, offsetX, offsetY, pixels);
      }
      this.#sectionLabel(block, offsetX, offsetY, pixels, ratio, isFar);
    }
    if (cursor >= 0) this.#cursor(cursor, offsetX, offsetY, pixels, ratio);
  }

  #stage(offsetX, offsetY, pixels) {
    const { context, colours, layout } = this;
    const { width, height } = layout.stage;
    context.fillStyle = colours.stage;
    context.beginPath();
    context.roundRect(offsetX - (width / 2) * pixels, offsetY + 0.15 * pixels, width * pixels, height * pixels, [0.3 * pixels, 0.3 * pixels, 1.2 * pixels, 1.2 * pixels]);
    context.fill();
    this.#text('Stage', offsetX, offsetY + (0.15 + height / 2) * pixels, Math.min(Math.max(pixels * 0.85, 9), 30), colours.soft, 600);
  }

  #sectionLabel(block, offsetX, offsetY, pixels, ratio, isFar) {
    const middle = (block.left + block.right) / 2;
    const wide = (block.right - block.left) * pixels;
    const size = Math.min(13 * ratio, wide / 5.5);
    if (size < 6 * ratio) return;
    if (isFar && TIER_LABEL_ROOM * pixels < size) {
      this.#plate(block, middle * pixels + offsetX, ((block.top + block.bottom) / 2 - this.layout.bend(middle)) * pixels + offsetY, size);
      return;
    }
    const py = (block.bottom - this.layout.bend(middle) + 0.3) * pixels + offsetY + size * 0.75;
    this.#text(block.section.name, middle * pixels + offsetX, py, size, this.colours.soft, 600);
  }

  /** Where there is no room below a section, its name stands on it. */
  #plate({ section }, x, y, size) {
    const { context, colours } = this;
    context.font = `600 ${size}px ${colours.font}`;
    const width = context.measureText(section.name).width + size;
    context.fillStyle = colours.paper;
    context.beginPath();
    context.roundRect(x - width / 2, y - size * 0.8, width, size * 1.6, size * 0.5);
    context.fill();
    this.#text(section.name, x, y, size, colours.ink, 600);
  }

  #rowLabel(row, offsetX, offsetY, pixels) {
    const { layout } = this;
    for (const [index, side] of [[row.first, -0.95], [row.first + row.count - 1, 0.95]]) {
      this.#text(row.label, (layout.x[index] + side) * pixels + offsetX, layout.y[index] * pixels + offsetY, pixels * 0.42, this.colours.soft, 600);
    }
  }

  #number(label, px, py, pixels) { this.#text(label, px, py, pixels * (label.length > 2 ? 0.3 : 0.38), this.colours.onTier, 600); }

  #text(text, x, y, size, colour, weight) {
    const { context } = this;
    context.font = `${weight} ${size}px ${this.colours.font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }

  #cursor(index, offsetX, offsetY, pixels, ratio) {
    const { context, layout, colours } = this;
    const half = pixels * 0.56;
    for (const [colour, width] of [[colours.paper, 5], [colours.ink, 2.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = width * ratio;
      context.beginPath();
      context.roundRect(layout.x[index] * pixels + offsetX - half, layout.y[index] * pixels + offsetY - half, half * 2, half * 2, half * 0.5);
      context.stroke();
    }
  }

  #sprite(state, tier, size) {
    const name = state === FREE ? tier : -state;
    let sprite = this.#sprites.get(name);
    if (!sprite) {
      sprite = document.createElement('canvas');
      sprite.width = size;
      sprite.height = size;
      stamp(sprite.getContext('2d'), state, size, this.colours, tier);
      this.#sprites.set(name, sprite);
    }
    return sprite;
  }
}

/** Draws one seat into a square of `size` pixels; the legend uses it too. */
export function stamp(context, state, size, colours, tier) {
  const middle = size / 2;
  const disc = (radius) => { context.beginPath(); context.arc(middle, middle, radius, 0, 2 * Math.PI); };
  if (state === FREE) {
    context.fillStyle = colours.tiers[tier];
    context.beginPath();
    context.roundRect(0, 0, size, size, size * 0.28);
    context.fill();
  } else if (state === MINE) {
    context.fillStyle = colours.ink;
    disc(middle);
    context.fill();
    context.strokeStyle = colours.onInk;
    context.lineWidth = size * 0.12;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(size * 0.28, size * 0.53);
    context.lineTo(size * 0.44, size * 0.68);
    context.lineTo(size * 0.73, size * 0.35);
    context.stroke();
  } else if (state === HELD) {
    context.strokeStyle = colours.held;
    context.lineWidth = Math.max(1, size * 0.11);
    disc(Math.max(1, size * 0.34));
    context.stroke();
  } else {
    context.strokeStyle = colours.sold;
    context.lineWidth = Math.max(1, size * 0.1);
    context.lineCap = 'round';
    context.beginPath();
    for (const [from, to] of [[0.33, 0.67], [0.67, 0.33]]) {
      context.moveTo(size * from, size * 0.33);
      context.lineTo(size * to, size * 0.67);
    }
    context.stroke();
  }
}
