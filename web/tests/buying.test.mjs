// Buying, seen by one and by two visitors.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, site } from './browser.mjs';
import { SMALL_HALL, Visitor } from './visitor.mjs';

let chromium;
let place;
before(async () => { [chromium, place] = await Promise.all([browser(), site()]); });
after(async () => { await chromium?.close(); place?.close(); });
const come = (options) => Visitor.come(chromium, place.url, options);

test('two seats and a standing ticket are chosen, paid and confirmed', async () => {
  const event = await place.createEvent(SMALL_HALL);
  const ada = await (await come()).visit(event);
  await ada.start();
  await ada.pick('Stalls', 'B', '4');
  await ada.pick('Stalls', 'B', '5');
  await ada.page.getByRole('button', { name: 'One more: Standing' }).click();
  await ada.seesBasket(3);
  assert.deepEqual(await ada.basket(), ['Row B, seat 4', 'Row B, seat 5', 'Standing']);
  assert.equal(await ada.text('#total'), '€105.00');
  await ada.pay();
  const reference = await ada.seesBooking();
  assert.match(reference, /^[A-Z0-9]{8}$/);
  assert.equal(await ada.text('#total'), '€105.00');
  await ada.page.waitForFunction(() => document.getElementById('qr').naturalWidth > 0);
  await ada.page.reload();
  assert.equal(await ada.seesBooking(), reference, 'the confirmation survives a reload');
  await ada.visit(event);
  await ada.seesText('#notice', reference);
  assert.equal(await ada.stateOf('Stalls', 'B', '4'), 'sold');
  await ada.leave();
});

test('two buyers want one seat: one gets it, the other is told and offered another', async () => {
  const event = await place.createEvent(SMALL_HALL);
  const [ada, bob] = await Promise.all([come(), come()]);
  await Promise.all([ada.visit(event), bob.visit(event)]);
  await ada.start();
  await bob.start();
  const late = await bob.box('Stalls', 'A', '3');
  await ada.pick('Stalls', 'A', '3');
  await ada.seesBasket(1);
  await bob.seesSeat('Stalls', 'A', '3', 'held');
  assert.equal(await late.isDisabled(), true);

  // And when his page hears of it only by the refusal.
  await bob.page.route('**/holds', async (route) => {
    await route.fulfill({ status: 409, contentType: 'application/problem+json', body: JSON.stringify({ code: 'seats_taken', status: 409, title: 'taken', seats: [3] }) });
  }, { times: 1 });
  await bob.pick('Stalls', 'A', '4');
  await bob.seesText('#notice h2', 'That seat has just gone');
  await bob.seesText('#notice p', 'Stalls, row A, seat 4');
  await bob.page.getByRole('button', { name: /^Take Stalls, row [AB], seat \d instead$/ }).click();
  await bob.seesBasket(1);
  await Promise.all([ada.leave(), bob.leave()]);
});

test('both click the same seat at once: exactly one basket holds it', async () => {
  const event = await place.createEvent(SMALL_HALL);
  const [ada, bob] = await Promise.all([come(), come()]);
  for (const buyer of [ada, bob]) {
    await buyer.visit(event);
    await buyer.start();
    await buyer.box('Circle', 'A', '5');
  }
  await Promise.all([ada, bob].map(async (buyer) => (await buyer.box('Circle', 'A', '5')).click({ force: true })));
  await Promise.any([ada.seesBasket(1), bob.seesBasket(1)]);
  const winner = (await ada.basket()).length === 1 ? ada : bob;
  const loser = winner === ada ? bob : ada;
  await loser.seesSeat('Circle', 'A', '5', 'held');
  assert.equal((await loser.basket()).length, 0);
  await Promise.all([ada.leave(), bob.leave()]);
});

test('a basket whose time runs out is free again before the other visitor’s eyes', async () => {
  const seconds = place.isReal ? 12 : 600;
  const event = await place.createEvent({ ...SMALL_HALL, session_seconds: seconds });
  const [ada, bob] = await Promise.all([come(), come()]);
  await Promise.all([ada.visit(event), bob.visit(event)]);
  await ada.start();
  await ada.pick('Stalls', 'A', '1');
  await ada.pick('Stalls', 'A', '2');
  await ada.seesBasket(2);
  await bob.seesSeat('Stalls', 'A', '1', 'held');
  await place.pass(seconds + 1);
  await bob.seesSeat('Stalls', 'A', '1', 'free');
  await bob.seesSeat('Stalls', 'A', '2', 'free');
  await ada.sees('#ended');
  await ada.seesText('#ended-text', 'nothing was charged');
  // Back again, and the same seats with it, for nobody took them.
  await ada.page.click('#again');
  await ada.seesBasket(2);
  assert.deepEqual(await ada.basket(), ['Row A, seat 1', 'Row A, seat 2']);
  await Promise.all([ada.leave(), bob.leave()]);
});

test('the clock warns at two minutes and can be extended once', async () => {
  const event = await place.createEvent({ ...SMALL_HALL, session_seconds: place.isReal ? 122 : 600 });
  const ada = await (await come()).visit(event);
  await ada.start();
  await ada.sees('#extend');
  await place.pass(place.isReal ? 3 : 481);
  await ada.page.reload(); // the stand-in's clock jumps; a reload asks for the time left
  await ada.sees('#warning');
  await ada.seesText('#announcer', /2 minutes left/);
  assert.match(await ada.text('#clock-time'), /^1:5\d$/);
  await ada.page.click('#extend-now');
  await ada.page.waitForFunction(() => document.getElementById('warning').hidden);
  assert.equal(await ada.page.isVisible('#extend'), false, 'once only');
  assert.ok(Number.parseInt(await ada.text('#clock-time'), 10) >= 3);
  await ada.leave();
});

test('a reload, and a second tab, show the same basket and the same clock', async () => {
  const event = await place.createEvent(SMALL_HALL);
  const ada = await (await come()).visit(event);
  await ada.start();
  await ada.pick('Circle', 'A', '1');
  await ada.seesBasket(1);
  await ada.page.reload();
  await ada.seesBasket(1);
  const tab = await (await ada.open()).visit(event);
  await tab.seesBasket(1);
  await tab.pick('Circle', 'A', '2');
  await ada.seesBasket(2);
  await ada.page.getByRole('button', { name: /^Remove row A, seat 1/ }).click();
  await tab.seesBasket(1);
  assert.deepEqual(await tab.basket(), ['Row A, seat 2']);
  await tab.pay();
  await tab.seesBooking();
  await ada.seesBooking();
  await ada.leave();
});

test('leaving in one tab leaves in the other, and back from the payment are the seats', async () => {
  const event = await place.createEvent(SMALL_HALL);
  const ada = await (await come()).visit(event);
  await ada.start();
  await ada.pick('Circle', 'A', '1');
  await ada.seesBasket(1);
  await ada.page.click('#to-pay');
  await ada.sees('#payment');
  await ada.page.click('#pay-back');
  await ada.sees('#choose');
  const tab = await (await ada.open()).visit(event);
  await tab.seesBasket(1);
  await ada.page.click('#leave');
  await ada.sees('#start');
  await tab.sees('#start');
  assert.equal(await tab.page.isVisible('#ended'), false);
  await tab.seesSeat('Circle', 'A', '1', 'free');
  await ada.leave();
});

test('the best available seats are next to each other', async () => {
  const event = await place.createEvent(SMALL_HALL);
  const ada = await (await come()).visit(event);
  await ada.page.selectOption('#best-count', '3');
  await ada.page.selectOption('#best-section', 'Circle');
  await ada.page.click('#best button');
  await ada.seesBasket(3);
  const numbers = (await ada.basket()).map((name) => Number(/seat (\d+)/.exec(name)[1]));
  assert.deepEqual(numbers, [numbers[0], numbers[0] + 1, numbers[0] + 2]);
  await ada.leave();
});

test('a click on the map holds the seat, a second one gives it back', async () => {
  const event = await place.createEvent({ ...SMALL_HALL, sections: [{ name: 'Ring', price: 1000, rows: [{ label: 'A', seats: 3 }] }] });
  const ada = await (await come()).visit(event);
  await ada.start();
  await ada.page.locator('#map').scrollIntoViewIfNeeded();
  const map = await ada.page.locator('#map').boundingBox();
  // One row of three: its middle seat stands in the middle of the map's width.
  const tip = ada.page.locator('#map-tip');
  for (let y = 10; y < map.height && !(await tip.isVisible()); y += 14) await ada.page.mouse.move(map.x + map.width / 2, map.y + y);
  await ada.seesText('#map-tip', /Row A, seat 2.*available/);
  await ada.page.mouse.down();
  await ada.page.mouse.up();
  await ada.seesBasket(1);
  assert.deepEqual(await ada.basket(), ['Row A, seat 2']);
  await ada.page.mouse.down();
  await ada.page.mouse.up();
  await ada.seesBasket(0);
  await ada.leave();
});
