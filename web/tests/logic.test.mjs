// The parts of the page that need no browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockTime, eventDate, money, roughly, seatNames, spokenMoney } from '../assets/format.js';
import { layOut, neighbour, seatAt } from '../assets/map-layout.js';
import { explain } from '../assets/problems.js';
import { FREE, HELD, MINE, SOLD, Seats } from '../assets/seats.js';
import { ARENA, HALL } from '../mock/demo.mjs';
import { BoxOffice } from '../mock/box-office.mjs';

const seatsOf = (spec) => new Seats(new BoxOffice().createEvent({ ...spec, date: '2031-01-01T20:00:00Z' }).plan);

test('every seat is found again where it was laid out, and no two overlap', () => {
  for (const spec of [HALL, ARENA]) {
    const seats = seatsOf(spec);
    const layout = layOut(seats);
    for (let i = 0; i < seats.count; i += 1) assert.equal(seatAt(layout, layout.x[i], layout.y[i]), i);
  }
  assert.equal(seatsOf(ARENA).count, 50_000);
});

test('arrow keys go along the row and from row to row', () => {
  const seats = seatsOf(HALL);
  const layout = layOut(seats);
  assert.equal(neighbour(layout, seats, 3, 1, 0), 4);
  const below = neighbour(layout, seats, 3, 0, 1);
  assert.equal(seats.describe(below).row, 'B');
  assert.equal(seats.describe(neighbour(layout, seats, below, 0, -1)).row, 'A');
  assert.equal(neighbour(layout, seats, 3, 0, -1), -1, 'nothing before the first row');
});

test('states follow whole answers, changes and the own basket', () => {
  const seats = seatsOf({ name: 'x', sections: [{ name: 'S', price: 100, rows: [{ label: 'A', seats: 4 }] }] });
  seats.takeAll({ version: 5, rows: ['.hs.'] });
  assert.deepEqual([0, 1, 2, 3].map((i) => seats.state(i)), [FREE, HELD, SOLD, FREE]);
  seats.setMine([1]);
  assert.equal(seats.state(1), MINE);
  seats.takeChanges({ version: 4, changes: [[0, 's']] });
  assert.equal(seats.state(0), FREE, 'what is older is not taken');
  seats.takeChanges({ version: 6, changes: [[0, 'h'], [3, 'h']] });
  seats.setMine([]);
  assert.deepEqual([0, 1, 2, 3].map((i) => seats.state(i)), [HELD, HELD, SOLD, HELD]);
  assert.equal(seats.nearby(0, 1), null, 'nothing is free');
});

test('others are offered next to what is gone, side by side', () => {
  const seats = seatsOf({ name: 'x', sections: [{ name: 'S', price: 100, rows: [{ label: 'A', seats: 6 }, { label: 'B', seats: 6 }] }] });
  seats.takeAll({ version: 1, rows: ['..hh.h', '......'] });
  assert.deepEqual(seats.nearby(2, 1), [1]);
  assert.deepEqual(seats.nearby(2, 2), [0, 1]);
  assert.deepEqual(seats.nearby(2, 3).map((i) => seats.describe(i).row), ['B', 'B', 'B']);
});

test('money, times and names in words', () => {
  assert.equal(money(4500, 'EUR'), '€45.00');
  assert.equal(money(4500, 'JPY'), 'JP¥4,500');
  assert.equal(spokenMoney(4500, 'EUR'), '45.00 EUR');
  assert.equal(clockTime(125.2), '2:06');
  assert.equal(clockTime(-3), '0:00');
  assert.equal(roughly(170), 'about 3 minutes');
  assert.equal(eventDate('2031-05-01T20:00:00+02:00').time, '20:00', 'the venue’s time, wherever the reader is');
  assert.equal(seatNames([{ section: 'Stalls', row: 'G', label: '8' }, { section: 'Stalls', row: 'G', label: '9' }]), 'Stalls, row G, seats 8 and 9');
});

test('every code of the contract has words of its own', () => {
  for (const code of ['seats_taken', 'not_enough', 'too_many', 'checkout_over', 'not_admitted', 'payment_declined', 'nothing_held', 'offline']) {
    const { title, text } = explain({ code, status: 409, body: { seats: [] } });
    assert.notEqual(title, 'That did not work', code);
    assert.ok(text.length > 20, code);
  }
  assert.match(explain({ code: 'unheard_of', status: 500, body: { detail: 'Told by the server.' } }).text, /Told by the server/);
});

test('the hall is laid out in its own order: what belongs together stands together', () => {
  const { sections } = layOut(seatsOf(HALL));
  const top = (name) => sections.find(({ section }) => section.name === name).top;
  assert.ok(top('Stalls') < top('Parterre') && top('Parterre') < top('Balcony left'));
  assert.equal(top('Balcony left'), top('Balcony centre'));
  assert.equal(top('Balcony left'), top('Balcony right'));
  const arena = layOut(seatsOf(ARENA));
  const shape = arena.width / (arena.bottom - arena.top);
  assert.ok(shape > 0.8 && shape < 1.8, `a screen's shape, not ${shape}`);
});
