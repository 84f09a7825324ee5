// The one clock: counts down to the checkout's deadline on the page's own
// monotonic clock, so a wrong wall clock does not matter, and warns in time.
import { announce } from './announce.js';
import { clockTime, minutes } from './format.js';
import { setText } from './dom.js';

const WARN_SECONDS = 120;
const LAST_CALL_SECONDS = 30;

export class Deadline {
  #ends = null;
  #said = null;

  /** `places`: elements that show the time; `onwarn(isShort)`, `onend()`. */
  constructor(places, { onwarn, onend }) {
    this.places = places;
    this.onwarn = onwarn;
    this.onend = onend;
    setInterval(() => this.#tick(), 250);
  }

  /** `left`: seconds as the server told, or null when no clock runs. */
  set(left, receivedAt = performance.now()) {
    this.#ends = left === null || left === undefined ? null : receivedAt + left * 1000;
    if (this.left > WARN_SECONDS) this.#said = null;
    this.#tick();
  }

  get left() { return this.#ends === null ? Infinity : (this.#ends - performance.now()) / 1000; }

  #tick() {
    const { left } = this;
    const text = left === Infinity ? '' : clockTime(left);
    for (const place of this.places) setText(place, text);
    const isShort = left <= WARN_SECONDS;
    this.onwarn(isShort);
    for (const mark of [WARN_SECONDS, LAST_CALL_SECONDS]) {
      if (left <= mark && left > 0 && (this.#said === null || this.#said > mark)) {
        this.#said = mark;
        announce(`${minutes(Math.min(mark, Math.ceil(left)))} left to pay.`, { topic: 'clock' });
      }
    }
    if (left <= 0) {
      this.#ends = null;
      this.onend();
    }
  }
}
