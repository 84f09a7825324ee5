// What the buyer can do, from the first click to the booking, and what happens
// when it does not work.
import { announce } from './announce.js';
import { Problem } from './api.js';
import { byId, setText } from './dom.js';
import { minutes, money, plural, seatNames } from './format.js';
import { clearNotice, notice } from './notice.js';
import { FREE, MINE } from './seats.js';
import { seatWords } from './seat-map.js';

const SHOPPING = ['queued', 'admitted', 'paying'];

export class Purchase {
  #wanted = []; // seats to hold as soon as the checkout is admitted
  #away; // sessionStorage key: gone to the provider's page

  /** `page`: event, seats, checkout, and the parts of the page as they come. */
  constructor(page) {
    this.page = page;
    this.#away = `ringside.away.${page.event.id}`;
  }

  /** Continues an earlier visit: its basket, its place, or the booking it became. */
  async resume() {
    const { checkout } = this.page;
    await checkout.resume().catch((problem) => this.page.fail(problem, { action: { label: 'Try again', act: () => location.reload() } }));
    const back = sessionStorage.getItem(this.#away) !== null;
    sessionStorage.removeItem(this.#away);
    const returned = new URLSearchParams(location.search).get('payment');
    if (returned) history.replaceState(null, '', location.pathname + location.hash);
    if (returned === 'cancelled' && checkout.state === 'paying') await this.giveUpPayment();
    if (checkout.state === 'completed' && !back) {
      const { booking, token } = checkout.now;
      checkout.take(null, false);
      notice({ title: 'You have tickets for this event', text: `Your booking reference is ${booking}. You can buy more here.` }, { kind: 'info', action: { label: 'Show my booking', act: () => location.assign(`/b/${booking}#${token}`) } });
    } else if (checkout.state === 'ended') {
      checkout.take(null, false);
      notice({ title: 'Your earlier time is over', text: 'What you held is free for others again, and nothing was charged. You can start again.' }, { kind: 'info' });
    }
  }

  /** The checkout's state; one that vanished without the buyer's doing has ended. */
  step_of(old, now) {
    const { left } = this.page.checkout;
    if (now) return left && now.state === 'ended' ? 'none' : now.state;
    return old && SHOPPING.includes(old.state) && !left ? 'ended' : 'none';
  }

  /** After every change of the checkout. */
  afterwards(old, now, step) {
    if (step === 'ended' && old && SHOPPING.includes(old.state)) {
      if (old.holds?.length) this.#wanted = old.holds.map(({ seat }) => seat);
      const { event } = this.page;
      setText(byId('ended-title'), old.state === 'queued' ? 'Your place was given up' : 'Your time is over');
      setText(byId('ended-text'), old.state === 'queued'
        ? `This page was away for longer than ${minutes(event.waiting_room?.absence_seconds ?? 120)}, so the others moved up. You can line up again.`
        : `You had ${minutes(event.session_seconds)}. ${this.#wanted.length ? 'Your seats are free for others again' : 'Nothing was held'}, and nothing was charged.${this.#wanted.length ? ' Start again and we hold the same seats for you, if they are still free.' : ''}`);
    }
    if (step === 'admitted' && old?.state === 'queued') announce(`It is your turn. You have ${minutes(now.seconds_left)} to choose and pay.`);
    if (step === 'admitted' && this.#wanted.length > 0) this.#holdWanted();
  }

  async #holdWanted() {
    const { seats } = this.page;
    const wanted = this.#wanted.splice(0);
    const free = wanted.filter((index) => seats.state(index) === FREE);
    if (free.length > 0) await this.#hold({ seats: free }, free);
    if (free.length < wanted.length) {
      const gone = wanted.filter((index) => !free.includes(index) && seats.state(index) !== MINE);
      if (gone.length > 0) this.#taken(gone, gone.length);
    }
  }

  async start() {
    clearNotice();
    await this.#try(() => this.page.checkout.join());
  }

  pay() { location.hash = 'pay'; }

  async choose(index) {
    const { seats, checkout, event, list } = this.page;
    const state = seats.state(index);
    if (checkout.state !== 'admitted') {
      if (state === FREE) this.#wanted = [index];
      list?.restore([index]);
      await this.start();
    } else if (state === MINE) {
      await this.removeSeat(index);
    } else if (state === FREE) {
      clearNotice();
      await this.#hold({ seats: [index] }, [index]);
    } else {
      announce(seatWords(seats, index, event.currency));
    }
    list?.restore([index]);
  }

  async best(best) {
    if (this.page.checkout.state !== 'admitted') {
      await this.start();
      if (this.page.checkout.state !== 'admitted') return;
    }
    clearNotice();
    await this.#hold({ best }, []);
  }

  async step(option, by) {
    const { checkout } = this.page;
    if (checkout.state !== 'admitted') {
      if (by < 0) return;
      await this.start();
      if (checkout.state !== 'admitted') return;
    }
    if (by < 0 && !checkout.now.general.some((held) => held.option === option)) return;
    clearNotice();
    const general = { option, quantity: 1 };
    await this.#try(async () => {
      await (by > 0 ? checkout.hold({ general }) : checkout.release({ general }));
      this.#sayTotal('');
    });
    this.page.refreshEvent();
  }

  async removeSeat(index) {
    const { checkout, seats } = this.page;
    const words = seatNames([seats.describe(index)]);
    await this.#try(async () => {
      await checkout.release({ seats: [index] });
      this.#sayTotal(`${words} given back. `);
    });
  }

  async removeGeneral(option, quantity) {
    await this.#try(() => this.page.checkout.release({ general: { option, quantity } }));
    this.page.refreshEvent();
  }

  async extend() {
    await this.#try(async () => {
      await this.page.checkout.extend();
      announce(`You have more time: ${minutes(this.page.deadline.left)} left.`, { topic: 'clock' });
    });
  }

  async leave() {
    this.#wanted = [];
    clearNotice();
    await this.#try(() => this.page.checkout.leave());
    byId('main').focus();
  }

  /** The clock ran out here: the server has the last word. */
  timeUp() {
    const ask = async (attempts) => {
      await this.page.checkout.refresh().catch(() => {});
      if (this.page.checkout.state === 'admitted' && attempts > 0) setTimeout(() => ask(attempts - 1), 1000);
    };
    setTimeout(() => ask(10), 300);
  }

  /** Back from the provider's page without having paid; the seats stay held. */
  async giveUpPayment() {
    await this.#try(() => this.page.checkout.giveUpPayment());
  }

  async complete(details) {
    clearNotice();
    await this.#try(async () => {
      const { redirect } = await this.page.checkout.complete(details);
      if (!redirect) return;
      const url = new URL(redirect, location.href);
      if (!['http:', 'https:'].includes(url.protocol)) throw new Problem(502);
      sessionStorage.setItem(this.#away, '1');
      location.assign(url);
    });
  }

  async #hold(what, pending) {
    const { checkout, seats, map } = this.page;
    const before = checkout.now.holds.map(({ seat }) => seat);
    map?.setPending(pending);
    await this.#try(async () => {
      await checkout.hold(what);
      const added = checkout.now.holds.filter(({ seat }) => !before.includes(seat));
      this.#sayTotal(added.length ? `${seatNames(added)} held for you. ` : '');
    }, what.seats?.length);
    map?.setPending([]);
    this.page.list?.restore(pending.filter((index) => index < seats.count));
  }

  #sayTotal(first) {
    const { checkout: { now }, event } = this.page;
    const tickets = now.holds.length + now.general.reduce((sum, { quantity }) => sum + quantity, 0);
    announce(`${first}${plural(tickets, 'ticket')} in your basket, ${money(now.total, event.currency)}.`, { topic: 'basket' });
  }

  /** Says which seats are gone and offers as many others next to them. */
  #taken(gone, count) {
    const { seats } = this.page;
    const others = seats.nearby(gone[0], count);
    const action = others && { label: `Take ${seatNames(others.map((index) => seats.describe(index)))} instead`, act: () => this.#hold({ seats: others }, others) };
    this.page.fail(new Problem(409, { code: 'seats_taken', seats: gone }), { action });
  }

  async #try(act, count = 1) {
    try {
      await act();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.code === 'seats_taken') {
        await this.page.live?.fetchSeats();
        this.#taken(problem.body.seats ?? [], count);
      } else if (problem.status !== 410 || this.page.checkout.state === 'admitted') {
        this.page.fail(problem);
      }
    }
  }
}
