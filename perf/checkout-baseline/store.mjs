// Events, seats, checkouts and bookings in SQLite: what is decided is decided in
// one immediate transaction each, so that nothing is sold twice.
import Database from 'better-sqlite3';
import { randomBytes, randomUUID } from 'node:crypto';

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export class Refusal extends Error {
  constructor(status, code, more = {}) {
    super(code);
    Object.assign(this, { status, code, more });
  }
}

export class Store {
  constructor(path) {
    this.shapes = new Map();
    const db = new Database(path);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.exec(`
      CREATE TABLE events (id TEXT PRIMARY KEY, name TEXT, description TEXT, date TEXT, venue TEXT,
        currency TEXT, session_seconds INTEGER, max_tickets INTEGER, plan TEXT, version INTEGER) WITHOUT ROWID;
      CREATE TABLE seats (event TEXT, seat INTEGER, section TEXT, row TEXT, label TEXT, price INTEGER,
        state TEXT, checkout TEXT, PRIMARY KEY (event, seat)) WITHOUT ROWID;
      CREATE INDEX held ON seats (checkout) WHERE checkout IS NOT NULL;
      CREATE TABLE checkouts (token TEXT PRIMARY KEY, event TEXT, state TEXT, expires_at INTEGER, booking TEXT) WITHOUT ROWID;
      CREATE INDEX ends ON checkouts (expires_at) WHERE state = 'admitted';
      CREATE TABLE bookings (reference TEXT PRIMARY KEY, checkout TEXT, event TEXT, name TEXT, email TEXT,
        total INTEGER, booked_at INTEGER) WITHOUT ROWID;
    `);
    const all = {
      addEvent: 'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)',
      addSeat: "INSERT INTO seats VALUES (?, ?, ?, ?, ?, ?, '.', NULL)",
      event: 'SELECT id, name, description, date, venue, currency, session_seconds, max_tickets, version FROM events WHERE id = ?',
      plan: 'SELECT plan FROM events WHERE id = ?',
      free: "SELECT count(*) AS free FROM seats WHERE event = ? AND state = '.'",
      capacity: 'SELECT count(*) AS seats FROM seats WHERE event = ?',
      states: 'SELECT state FROM seats WHERE event = ? ORDER BY seat',
      addCheckout: "INSERT INTO checkouts VALUES (?, ?, 'admitted', ?, NULL)",
      checkout: 'SELECT * FROM checkouts WHERE token = ?',
      basket: 'SELECT seat, section, row, label, price FROM seats WHERE checkout = ? ORDER BY seat',
      hold: "UPDATE seats SET state = 'h', checkout = ? WHERE event = ? AND seat = ? AND (state = '.' OR checkout = ?)",
      release: "UPDATE seats SET state = '.', checkout = NULL WHERE checkout = ?",
      sell: "UPDATE seats SET state = 's' WHERE checkout = ?",
      changed: 'UPDATE events SET version = version + 1 WHERE id = ?',
      finish: 'UPDATE checkouts SET state = ?, booking = ? WHERE token = ?',
      book: 'INSERT INTO bookings VALUES (?, ?, ?, ?, ?, ?, ?)',
      booking: 'SELECT * FROM bookings WHERE reference = ?',
      due: "SELECT token, event FROM checkouts WHERE state = 'admitted' AND expires_at <= ? LIMIT 1000",
    };
    this.sql = Object.fromEntries(Object.entries(all).map(([name, text]) => [name, db.prepare(text)]));
    for (const name of ['createEvent', 'hold', 'complete', 'leave', 'expire']) {
      const transaction = db.transaction(this[name].bind(this));
      this[name] = (...words) => transaction.immediate(...words);
    }
  }

  createEvent({ name, description = '', date, venue = '', currency = 'EUR', sections = [], session_seconds = 600, max_tickets = 8 }) {
    if (!name || !date) throw new Refusal(422, 'invalid_event');
    const id = randomUUID();
    const plan = { sections: sections.map(({ name, price, rows, template }) => ({
      name, price,
      rows: (rows ?? Array.from({ length: template.rows }, (_, i) => ({ label: String(i + 1), seats: template.seats }))).map(({ label, seats }) => ({
        label, seats: Array.isArray(seats) ? seats : Array.from({ length: seats }, (_, i) => String(i + 1)),
      })),
    })) };
    this.sql.addEvent.run(id, name, description, date, venue, currency, session_seconds, max_tickets, JSON.stringify(plan));
    let seat = 0;
    for (const section of plan.sections) {
      for (const row of section.rows) {
        for (const label of row.seats) this.sql.addSeat.run(id, seat++, section.name, row.label, label, section.price);
      }
    }
    return this.event(id);
  }

  event(id) {
    const event = this.sql.event.get(id);
    if (!event) throw new Refusal(404, 'no_such_event');
    return event;
  }

  numbers(id) {
    return { available: this.sql.free.get(id).free, capacity: this.sql.capacity.get(id).seats };
  }

  plan(id) {
    const plan = this.sql.plan.pluck().get(id);
    if (!plan) throw new Refusal(404, 'no_such_event');
    return plan;
  }

  // Seats by row: they never change, so they are kept.
  shape(id) {
    if (!this.shapes.has(id)) this.shapes.set(id, JSON.parse(this.plan(id)).sections.flatMap(({ rows }) => rows.map(({ seats }) => seats.length)));
    return this.shapes.get(id);
  }

  // The whole map, read anew each time, as the document's API does.
  map(id) {
    const { version } = this.event(id);
    const states = this.sql.states.pluck().all(id).join('');
    let end = 0;
    return { version, rows: this.shape(id).map((seats) => states.slice(end, (end += seats))) };
  }

  startCheckout(id) {
    const event = this.event(id);
    const token = randomBytes(36).toString('base64url');
    this.sql.addCheckout.run(token, id, Date.now() + event.session_seconds * 1000);
    return this.checkout(token);
  }

  checkout(token) {
    const checkout = this.sql.checkout.get(token);
    if (!checkout) throw new Refusal(404, 'no_such_checkout');
    return checkout;
  }

  shopping(token) {
    const checkout = this.checkout(token);
    if (checkout.state !== 'admitted' || checkout.expires_at <= Date.now()) throw new Refusal(410, 'checkout_over');
    return checkout;
  }

  basket(token) { return this.sql.basket.all(token); }

  hold(token, { seats }) {
    const { event } = this.shopping(token);
    if (!Array.isArray(seats)) throw new Refusal(422, 'invalid_hold');
    const gone = seats.filter((seat) => this.sql.hold.run(token, event, seat, token).changes === 0);
    // Thrown inside the transaction: nothing stays held.
    if (gone.length > 0) throw new Refusal(409, 'seats_taken', { seats: gone });
    if (this.basket(token).length > this.event(event).max_tickets) throw new Refusal(409, 'too_many');
    this.sql.changed.run(event);
    return this.checkout(token);
  }

  complete(token, { payment, name, email }) {
    const known = this.checkout(token);
    if (known.state === 'completed') return known;
    const { event } = this.shopping(token);
    const basket = this.basket(token);
    if (basket.length === 0) throw new Refusal(409, 'nothing_held');
    if (!name || !/.+@.+/.test(email ?? '')) throw new Refusal(422, 'invalid_buyer');
    if (payment?.card === 'declined') throw new Refusal(402, 'payment_declined');
    const reference = Array.from(randomBytes(8), (byte) => LETTERS[byte % 32]).join('');
    const total = basket.reduce((sum, { price }) => sum + price, 0);
    this.sql.book.run(reference, token, event, name, email, total, Date.now());
    this.sql.sell.run(token);
    this.sql.finish.run('completed', reference, token);
    this.sql.changed.run(event);
    return this.checkout(token);
  }

  leave(token) {
    const { event, state: before } = this.checkout(token);
    if (before !== 'admitted') return;
    if (this.sql.release.run(token).changes > 0) this.sql.changed.run(event);
    this.sql.finish.run('ended', null, token);
  }

  expire() {
    for (const { token } of this.sql.due.all(Date.now())) {
      const { event } = this.checkout(token);
      if (this.sql.release.run(token).changes > 0) this.sql.changed.run(event);
      this.sql.finish.run('ended', null, token);
    }
  }

  booking(reference, token) {
    const booking = this.sql.booking.get(reference);
    if (!booking || booking.checkout !== token) throw new Refusal(404, 'no_such_booking');
    return { ...booking, seats: this.basket(token) };
  }
}
