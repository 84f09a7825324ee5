// Keeps the page current: server-sent events while the tab is seen, polls while
// it is hidden (a browser allows few streams per host) or a stream will not open.
import { get } from './api.js';

const HIDDEN_AFTER_MS = 15_000;
const HIDDEN_POLL_MS = 20_000;
const POLL_MS = 5_000;
const PAYING_POLL_MS = 2_000;
const KEEP_PLACE_MS = 30_000;

export class Live {
  #source = null;
  #works = false;
  #polled = -Infinity;
  #hiddenSince = Infinity;
  #fetching = null;
  #early = [];

  /** `seats` may be null (no plan); `checkout` is a `Checkout`; `onqueue(place)`. */
  constructor(event, seats, checkout, { onqueue, onclock }) {
    Object.assign(this, { event, seats, checkout, onqueue, onclock });
    document.addEventListener('visibilitychange', () => this.#visibility());
    window.addEventListener('pageshow', ({ persisted }) => { if (persisted) this.open(); });
    window.addEventListener('pagehide', () => this.#close());
    setInterval(() => this.#tick(), 1000);
    this.#visibility();
    this.open();
  }

  /** Opens the stream anew: for another checkout, or after it was closed. */
  open() {
    this.#close();
    this.token = this.checkout.state === 'none' || this.checkout.state === 'ended' ? null : this.checkout.token;
    const query = this.token ? `?checkout=${encodeURIComponent(this.token)}` : '';
    const source = new EventSource(`/events/${this.event}/live${query}`);
    this.#source = source;
    const on = (kind, act) => source.addEventListener(kind, ({ data }) => act(JSON.parse(data)));
    source.onopen = () => { this.#works = true; this.fetchSeats(); };
    source.onerror = () => { this.#works = false; };
    on('reset', () => { this.seats?.forget(); this.fetchSeats(); });
    on('seats', (change) => { if (this.#fetching) this.#early.push(change); else this.seats?.takeChanges(change); });
    on('queue', (place) => this.onqueue(place));
    on('clock', (clock) => this.onclock(clock));
    on('checkout', (checkout) => this.checkout.take(checkout));
  }

  fetchSeats() {
    if (!this.seats) return null;
    this.#fetching ??= get(`/events/${this.event}/seats`)
      .then((all) => { if (all) this.seats.takeAll(all); })
      .catch(() => {})
      .finally(() => {
        this.#fetching = null;
        for (const change of this.#early.splice(0)) this.seats.takeChanges(change);
      });
    return this.#fetching;
  }

  #close() {
    this.#source?.close();
    this.#source = null;
    this.#works = false;
  }

  #visibility() {
    this.#hiddenSince = document.hidden ? performance.now() : Infinity;
    if (!document.hidden && !this.#source && this.event) {
      this.open();
      this.#polled = -Infinity;
    }
  }

  /** Polls when it is time: without a stream often, in the waiting room always, to keep the place. */
  #tick() {
    const now = performance.now();
    if (this.#source && now - this.#hiddenSince > HIDDEN_AFTER_MS) this.#close();
    const often = this.checkout.state === 'paying' ? PAYING_POLL_MS : POLL_MS;
    const pause = document.hidden ? HIDDEN_POLL_MS : this.#works && often === POLL_MS ? KEEP_PLACE_MS : often;
    if (now - this.#polled < pause) return;
    this.#polled = now;
    if (['queued', 'admitted', 'paying'].includes(this.checkout.state)) this.checkout.refresh().catch(() => {});
    if (!this.#works && !document.hidden) this.fetchSeats();
    if (this.#source?.readyState === EventSource.CLOSED) this.open();
  }
}
