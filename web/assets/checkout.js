// The buyer's checkout: one per event and browser, shared by all tabs. Its token
// is kept in localStorage, so a reload or a closed tab loses nothing; it is not
// in the address, so that a shared link does not share a basket.
import { Problem, get, post, remove } from './api.js';

const key = (event) => `ringside.checkout.${event}`;

/** Fires `change` whenever the server's view of the checkout is new. */
export class Checkout extends EventTarget {
  #event;
  #channel;
  #turn = Promise.resolve();

  constructor(event) {
    super();
    this.#event = event;
    this.now = null;
    this.#channel = new BroadcastChannel(key(event));
    this.left = false; // given up by the buyer, here or in another tab
    this.#channel.onmessage = ({ data }) => {
      if (data === null) this.left = true;
      this.take(data, false);
    };
  }

  get token() { return this.now?.token ?? localStorage.getItem(key(this.#event)); }
  get state() { return this.now?.state ?? 'none'; }

  /** Takes over what the server said, unless something newer is known. */
  take(checkout, tell = true) {
    const old = this.now;
    if (checkout && old && checkout.token === old.token && Date.parse(checkout.server_time) < Date.parse(old.server_time)) return;
    this.now = checkout && { holds: [], general: [], ...checkout };
    this.received = performance.now();
    if (checkout) this.left = checkout.reason === 'left' || (this.left && checkout.state === 'ended');
    if (checkout) localStorage.setItem(key(this.#event), checkout.token);
    else localStorage.removeItem(key(this.#event));
    if (tell) this.#channel.postMessage(checkout);
    this.dispatchEvent(new CustomEvent('change', { detail: { old } }));
  }

  /** Continues the checkout of an earlier visit, if there is one that still lives. */
  async resume() {
    const token = this.token;
    if (!token) return;
    try {
      this.take(await get(`/checkouts/${token}`));
    } catch (problem) {
      if (problem.status !== 404 && problem.status !== 410) throw problem;
      this.take(null, false);
    }
  }

  refresh() { return this.token ? this.resume() : Promise.resolve(); }

  async join() {
    const earlier = localStorage.getItem(key(this.#event));
    this.now = null;
    this.take(await post(`/events/${this.#event}/checkouts`, earlier ? { token: earlier } : {}));
  }

  hold(what) { return this.#change(() => post(`/checkouts/${this.token}/holds`, what)); }
  release(what = {}) { return this.#change(() => remove(`/checkouts/${this.token}/holds`, what)); }
  /** Comes back from the provider's page without having paid. */
  giveUpPayment() { return this.#change(() => remove(`/checkouts/${this.token}/payment`)); }
  extend() { return this.#change(() => post(`/checkouts/${this.token}/extend`)); }

  /** Pays. An answer that got lost is looked up, never paid again. */
  async complete(details) {
    const path = `/checkouts/${this.token}`;
    let answer;
    try {
      answer = await post(`${path}/complete`, details, { timeout: 60_000 });
    } catch (problem) {
      if (problem.code !== 'offline') throw problem;
      const found = await get(path).catch(() => { throw problem; });
      this.take(found);
      if (found.state !== 'completed' && found.state !== 'paying') throw problem;
      return {};
    }
    if (answer.redirect) return answer;
    this.take(answer);
    return {};
  }

  async leave() {
    const { token } = this;
    this.left = true;
    await remove(`/checkouts/${token}`).catch((problem) => { if (![404, 410].includes(problem.status)) throw problem; });
    this.take(null);
  }

  /** One change at a time, in the order of the clicks. */
  #change(request) {
    const turn = this.#turn.then(async () => {
      try {
        this.take(await request());
      } catch (problem) {
        if (problem instanceof Problem && problem.status === 410) await this.refresh().catch(() => {});
        throw problem;
      }
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
