// The stand-in's state: events, waiting rooms, checkouts, bookings. It speaks
// the shapes of the real server and keeps its promises where a page can see
// them; it is for working on the page, not a second server.
import { randomBytes } from 'node:crypto';

const ABSENCE_SECONDS = 120;
const CHANGES_KEPT = 500;
const REFERENCE_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export class Refusal extends Error {
  constructor(status, code, detail, more = {}) {
    super(detail);
    Object.assign(this, { status, code, detail, more });
  }
}

export class BoxOffice {
  constructor() {
    this.events = new Map();
    this.checkouts = new Map();
    this.bookings = new Map();
    this.offset = 0;
    this.tell = () => {}; // (event, kind, data, checkout token or undefined)
  }

  now() { return Date.now() + this.offset; }
  time(at = this.now()) { return new Date(at).toISOString(); }

  createEvent(spec) {
    if (!spec.name || !spec.date) throw new Refusal(422, 'invalid_event', 'An event needs a name and a date.');
    const sections = (spec.sections ?? []).map((section) => ({
      name: section.name,
      price: section.price,
      rows: (section.rows ?? template(section.template)).map(({ label, seats }) => ({
        label,
        seats: Array.isArray(seats) ? seats : Array.from({ length: seats }, (_, i) => String(i + 1)),
      })),
    }));
    const seats = [];
    for (const [s, section] of sections.entries()) {
      for (const [r, row] of section.rows.entries()) {
        for (const label of row.seats) seats.push({ section: section.name, s, r, row: row.label, label, price: section.price, state: '.', owner: null });
      }
    }
    const event = {
      id: randomBytes(6).toString('hex'),
      name: spec.name, description: spec.description ?? '', date: spec.date, venue: spec.venue ?? '',
      currency: spec.currency ?? 'EUR',
      plan: { sections }, seats, version: 1, changes: [],
      general: (spec.general ?? []).map((option, i) => ({ id: `g${i + 1}`, ...option, available: option.allocation, sold: 0 })),
      room: { admit_per_second: 0, max_active: 0, opens_at: null, order: 'fifo', paused: false, draining: false, ...spec.waiting_room },
      session_seconds: spec.session_seconds ?? 600,
      max_tickets: spec.max_tickets ?? 8,
      queue: [], lastAdmission: -Infinity, sales: [],
    };
    this.events.set(event.id, event);
    return event;
  }

  event(id) {
    const event = this.events.get(id);
    if (!event) throw new Refusal(404, 'no_such_event', 'There is no event with this id.');
    return event;
  }

  checkout(token) {
    const checkout = this.checkouts.get(token);
    if (!checkout) throw new Refusal(404, 'no_such_checkout', 'There is no checkout with this token.');
    checkout.seen = this.now();
    return checkout;
  }

  active(event) { return [...this.checkouts.values()].filter((c) => c.event === event && (c.state === 'admitted' || c.state === 'paying')); }

  join(event, earlier) {
    const known = this.checkouts.get(earlier);
    if (known && known.event === event && known.state !== 'ended' && known.state !== 'completed') return this.checkout(earlier);
    const checkout = { token: randomBytes(18).toString('base64url'), event, state: 'queued', seats: [], general: new Map(), deadline: null, extended: false, seen: this.now(), came: event.queue.length };
    this.checkouts.set(checkout.token, checkout);
    event.queue.push(checkout);
    this.tick();
    return checkout;
  }

  leave(checkout) {
    this.end(checkout, 'left');
    this.tick();
  }

  end(checkout, reason) {
    checkout.event.queue = checkout.event.queue.filter((other) => other !== checkout);
    this.free(checkout, checkout.seats.slice());
    for (const [option, quantity] of checkout.general) option.available += quantity;
    checkout.general.clear();
    Object.assign(checkout, { state: 'ended', reason, deadline: null });
    this.tell(checkout.event, 'checkout', null, checkout.token);
  }

  extend(checkout) {
    this.mustShop(checkout);
    if (checkout.extended) throw new Refusal(409, 'already_extended', 'The time was extended before; it can be extended once.');
    checkout.extended = true;
    checkout.deadline += checkout.event.session_seconds * 1000;
    this.tell(checkout.event, 'checkout', null, checkout.token);
  }

  mustShop(checkout) {
    if (checkout.state === 'queued') throw new Refusal(403, 'not_admitted', 'It is not your turn yet.');
    if (checkout.state !== 'admitted') throw new Refusal(410, 'checkout_over', 'This checkout is over; what it held is free again.');
  }

  tickets(checkout) { return checkout.seats.length + [...checkout.general.values()].reduce((a, b) => a + b, 0); }

  hold(checkout, { seats, best, general }) {
    this.mustShop(checkout);
    const { event } = checkout;
    const wanted = best?.count ?? general?.quantity ?? seats.filter((i) => event.seats[i]?.owner !== checkout).length;
    if (this.tickets(checkout) + wanted > event.max_tickets) throw new Refusal(409, 'too_many', `At most ${event.max_tickets} tickets in one order.`, { max_tickets: event.max_tickets });
    if (general) {
      const option = event.general.find(({ id }) => id === general.option);
      if (!option) throw new Refusal(404, 'no_such_option', 'There is no such ticket.');
      if (option.available < general.quantity) throw new Refusal(409, 'not_enough', 'Not enough of these tickets are left.', { available: option.available });
      option.available -= general.quantity;
      checkout.general.set(option, (checkout.general.get(option) ?? 0) + general.quantity);
    } else {
      const chosen = best ? together(event, best) : seats;
      if (!chosen) throw new Refusal(409, 'not_enough', 'There are not so many seats together.');
      if (chosen.some((i) => !event.seats[i])) throw new Refusal(422, 'no_such_seat', 'There is no such seat.');
      const gone = chosen.filter((i) => event.seats[i].state !== '.' && event.seats[i].owner !== checkout);
      if (gone.length > 0) throw new Refusal(409, 'seats_taken', 'Some of these seats are taken.', { seats: gone });
      const fresh = chosen.filter((i) => event.seats[i].owner !== checkout);
      for (const i of fresh) Object.assign(event.seats[i], { state: 'h', owner: checkout });
      checkout.seats.push(...fresh);
      this.changed(event, fresh);
    }
    this.tell(event, 'checkout', null, checkout.token);
  }

  release(checkout, { seats, general }) {
    this.mustShop(checkout);
    if (general) {
      const option = checkout.event.general.find(({ id }) => id === general.option);
      const held = checkout.general.get(option) ?? 0;
      const back = Math.min(held, general.quantity);
      option.available += back;
      if (held === back) checkout.general.delete(option); else checkout.general.set(option, held - back);
    } else {
      this.free(checkout, seats ?? checkout.seats.slice());
      if (!seats) {
        for (const [option, quantity] of checkout.general) option.available += quantity;
        checkout.general.clear();
      }
    }
    this.tell(checkout.event, 'checkout', null, checkout.token);
  }

  free(checkout, seats) {
    const mine = seats.filter((i) => checkout.event.seats[i]?.owner === checkout);
    for (const i of mine) Object.assign(checkout.event.seats[i], { state: '.', owner: null });
    checkout.seats = checkout.seats.filter((i) => !mine.includes(i));
    this.changed(checkout.event, mine);
  }

  complete(checkout, { payment, name, email }) {
    this.tick();
    if (checkout.state === 'completed') return;
    this.mustShop(checkout);
    if (this.tickets(checkout) === 0) throw new Refusal(409, 'nothing_held', 'There is nothing in this checkout.');
    if (!name || !/.+@.+/.test(email ?? '')) throw new Refusal(422, 'invalid_buyer', 'A name and an e-mail address are needed.');
    if (payment?.card === 'declined') throw new Refusal(402, 'payment_declined', 'The card was declined.');
    const { event } = checkout;
    const body = this.describe(checkout);
    const reference = Array.from(randomBytes(8), (b) => REFERENCE_LETTERS[b % 32]).join('');
    this.bookings.set(reference, { token: checkout.token, reference, event: { id: event.id, name: event.name, date: event.date, venue: event.venue }, seats: body.holds, general: body.general, total: body.total, currency: event.currency, name, booked_at: this.time() });
    for (const i of checkout.seats) event.seats[i].state = 's';
    for (const [option, quantity] of checkout.general) option.sold += quantity;
    this.changed(event, checkout.seats);
    event.sales.push([this.now(), this.tickets(checkout)]);
    Object.assign(checkout, { state: 'completed', booking: reference, deadline: null });
    this.tell(event, 'checkout', null, checkout.token);
    this.tick();
  }

  changed(event, seats) {
    if (seats.length === 0) return;
    event.version += 1;
    event.changes.push({ version: event.version, changes: seats.map((i) => [i, event.seats[i].state]) });
    if (event.changes.length > CHANGES_KEPT) event.changes.shift();
    this.tell(event, 'seats', event.changes.at(-1));
  }

  /** Moves everything that time moves: expiry, absence, admission. */
  tick() {
    const now = this.now();
    for (const checkout of this.checkouts.values()) {
      if (checkout.deadline !== null && now >= checkout.deadline) this.end(checkout, 'expired');
      else if (checkout.state === 'queued' && now - checkout.seen > ABSENCE_SECONDS * 1000) this.end(checkout, 'abandoned');
    }
    for (const event of this.events.values()) this.admit(event, now);
  }

  admit(event, now) {
    const { room } = event;
    if (room.paused || room.draining || (room.opens_at && now < Date.parse(room.opens_at))) return;
    const pause = room.admit_per_second > 0 ? 1000 / room.admit_per_second : 0;
    while (event.queue.length > 0 && now - event.lastAdmission >= pause) {
      if (room.max_active > 0 && this.active(event).length >= room.max_active) break;
      event.lastAdmission = now - event.lastAdmission < 2 * pause ? event.lastAdmission + pause : now;
      const checkout = event.queue.shift();
      Object.assign(checkout, { state: 'admitted', deadline: now + event.session_seconds * 1000 });
      this.tell(event, 'checkout', null, checkout.token);
    }
  }

  describe(checkout) {
    const { event } = checkout;
    const holds = checkout.seats.map((i) => ({ seat: i, section: event.seats[i].section, row: event.seats[i].row, label: event.seats[i].label, price: event.seats[i].price }));
    const general = [...checkout.general].map(([option, quantity]) => ({ option: option.id, name: option.name, quantity, price: option.price }));
    const ahead = event.queue.indexOf(checkout);
    const left = checkout.deadline === null ? undefined : Math.max(0, (checkout.deadline - this.now()) / 1000);
    return {
      token: checkout.token, event: event.id, state: checkout.state, reason: checkout.reason,
      ...(ahead >= 0 && { position: ahead + 1, ahead, wait_seconds: event.room.admit_per_second > 0 ? Math.ceil((ahead + 1) / event.room.admit_per_second) : null }),
      server_time: this.time(), expires_at: checkout.deadline === null ? undefined : this.time(checkout.deadline), seconds_left: left,
      may_extend: checkout.state === 'admitted' && !checkout.extended,
      holds, general, currency: event.currency, booking: checkout.booking,
      total: holds.reduce((sum, { price }) => sum + price, 0) + general.reduce((sum, { price, quantity }) => sum + price * quantity, 0),
    };
  }
}

function template({ rows, seats } = { rows: 0, seats: 0 }) {
  return Array.from({ length: rows }, (_, i) => ({ label: i < 26 ? String.fromCharCode(65 + i) : String(i + 1), seats }));
}

function together(event, { count, section }) {
  let first = 0;
  for (const { name, rows } of event.plan.sections) {
    for (const { seats } of rows) {
      const starts = section && section !== name ? [] : seats.map((_, i) => i).slice(0, Math.max(0, seats.length - count + 1));
      const aside = (start) => Math.abs(start + count / 2 - seats.length / 2);
      const start = starts.sort((a, b) => aside(a) - aside(b)).find((i) => event.seats.slice(first + i, first + i + count).every(({ state }) => state === '.'));
      if (start !== undefined) return Array.from({ length: count }, (_, i) => first + start + i);
      first += seats.length;
    }
  }
  return null;
}
