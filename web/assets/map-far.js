// Draws seats from far away, where each is a few pixels: straight into the pixels
// of the canvas, because 50,000 stamps would take ten times as long. Shapes stay:
// free is a full block, held a hollow one, sold a dot, the buyer's own a block
// that touches its neighbours.
import { FREE, HELD, MINE } from './seats.js';

export class FarPainter {
  #image = null;

  constructor(seats, layout, tierOf) {
    Object.assign(this, { seats, layout, tierOf });
  }

  setColours({ paper, ink, held, sold, tiers }) {
    this.colours = { paper: pixel(paper), ink: pixel(ink), held: pixel(held), sold: pixel(sold), tiers: tiers.map(pixel) };
  }

  paint(context, { offsetX, offsetY, pixels, pending }) {
    const { canvas } = context;
    const { layout, seats, colours } = this;
    if (this.#image?.width !== canvas.width || this.#image?.height !== canvas.height) {
      this.#image = context.createImageData(canvas.width, canvas.height);
      this.data = new Uint32Array(this.#image.data.buffer);
    }
    this.data.fill(colours.paper);
    const size = Math.max(1, Math.round(pixels * 0.8));
    const dot = Math.max(1, Math.round(size * 0.4));
    const inset = (size - dot) >> 1;
    for (const { section } of layout.sections) {
      const tier = colours.tiers[this.tierOf(section)];
      for (let i = section.first; i < section.first + section.count; i += 1) {
        const x = Math.round(layout.x[i] * pixels + offsetX - size / 2);
        const y = Math.round(layout.y[i] * pixels + offsetY - size / 2);
        const state = pending.has(i) ? MINE : seats.state(i);
        if (state === FREE) this.#block(x, y, size, tier);
        else if (state === MINE) this.#block(x - 1, y - 1, size + 2, colours.ink);
        else if (state === HELD) {
          this.#block(x, y, size, colours.held);
          if (size > 2) this.#block(x + 1, y + 1, size - 2, colours.paper);
        } else this.#block(x + inset, y + inset, dot, colours.sold);
      }
    }
    context.putImageData(this.#image, 0, 0);
  }

  #block(x, y, size, colour) {
    const { width, height } = this.#image;
    const [left, right] = [Math.max(0, x), Math.min(width, x + size)];
    if (left >= right) return;
    for (let line = Math.max(0, y); line < Math.min(height, y + size); line += 1) this.data.fill(colour, line * width + left, line * width + right);
  }
}

/** `#rrggbb` as the bytes of a pixel, whatever the machine's byte order. */
function pixel(colour) {
  const [, red, green, blue] = /^#(..)(..)(..)$/.exec(colour) ?? [null, '80', '80', '80'];
  return new Uint32Array(new Uint8Array([red, green, blue].map((part) => Number.parseInt(part, 16)).concat(255)).buffer)[0];
}
