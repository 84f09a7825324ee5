// Everyone gets there: keyboard only, phone width, screen readers, both schemes.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { HALL } from '../mock/demo.mjs';
import { browser, site } from './browser.mjs';
import { SMALL_HALL, Visitor } from './visitor.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const PHONE = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

let chromium;
let place;
before(async () => { [chromium, place] = await Promise.all([browser(), site()]); });
after(async () => { await chromium?.close(); place?.close(); });
const come = (options) => Visitor.come(chromium, place.url, options);

async function check(visitor, where) {
  await visitor.page.evaluate(AXE);
  const { violations } = await visitor.page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), RULES);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} (${failureSummary})`).join('; ')}`);
  assert.deepEqual(found, [], `axe on ${where}`);
}

for (const [scheme, options] of [['light', {}], ['dark', {}], ['light', PHONE], ['dark', PHONE]]) {
  test(`axe finds nothing on any page: ${scheme}, ${options === PHONE ? 'phone' : 'desk'}`, async () => {
    const event = await place.createEvent(SMALL_HALL);
    const ada = await come({ colorScheme: scheme, ...options });
    await ada.page.goto(place.url);
    await ada.sees('.event-card');
    await check(ada, 'events');
    await ada.visit(event);
    await check(ada, 'an event');
    await ada.start();
    await ada.pick('Stalls', 'A', '2');
    await ada.seesBasket(1);
    await check(ada, 'the basket');
    await ada.page.route('**/holds', (route) => route.abort(), { times: 1 });
    await ada.pick('Stalls', 'A', '3');
    await ada.sees('#notice');
    await check(ada, 'an error');
    await ada.page.click((await ada.page.isVisible('#to-pay')) ? '#to-pay' : '#bar-pay');
    await ada.sees('#payment');
    await check(ada, 'the payment');
    await ada.pay({ name: ' ', email: ' ' });
    await check(ada, 'the payment, filled in wrongly');
    await ada.pay();
    await ada.seesBooking();
    await check(ada, 'the booking');
    const full = await place.createEvent({ ...SMALL_HALL, waiting_room: { admit_per_second: 0, max_active: 1, opens_at: null, order: 'fifo' } });
    const bob = await (await come()).visit(full);
    await bob.start();
    await ada.visit(full);
    await ada.start();
    await ada.sees('#queue');
    await check(ada, 'the waiting room');
    await ada.page.goto(`${place.url}/admin`);
    if (place.token) {
      await ada.sees('#sign-in');
      await check(ada, 'the token');
      await ada.page.fill('#token', place.token);
      await ada.page.click('#sign-in button');
      await ada.sees('.admin-event');
      await check(ada, 'the operator’s view');
    }
    await Promise.all([ada.leave(), bob.leave()]);
  });
}

test('a server without events says how to make one, to whoever runs it', async () => {
  const ada = await come({ ...PHONE, colorScheme: 'dark' });
  await ada.page.route('**/events', (route) => route.fulfill({ json: { events: [] } }));
  await ada.page.goto(place.url);
  await ada.seesText('#nothing-title', 'Nothing is on sale');
  await ada.page.locator('#no-events summary').click();
  await ada.seesText('#nothing-curl', `curl ${place.url}/events`);
  await check(ada, 'no events');
  assert.ok(await ada.page.evaluate(() => document.documentElement.scrollWidth) <= 320);
  await ada.leave();
});

/** Presses Tab until what has the focus has a name like this. */
async function tabTo(page, name, key = 'Tab') {
  for (let i = 0; i < 80; i += 1) {
    const here = await page.evaluate(() => {
      const at = document.activeElement;
      const own = at.id ? document.querySelector(`label[for=${at.id}]`) : at.closest('label');
      return (at.getAttribute('aria-label') || own?.textContent || at.textContent).trim().replaceAll(/\s+/g, ' ');
    });
    if (name.test(here)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`no ${name} can be reached by ${key}`);
}

test('a purchase by keyboard only, through the list', async () => {
  const event = await place.createEvent(SMALL_HALL);
  const ada = await (await come()).visit(event);
  const { page } = ada;
  await tabTo(page, /^Get tickets$/);
  await page.keyboard.press('Enter');
  await ada.sees('#basket-body');
  await page.evaluate(() => document.getElementById('main').focus());
  await tabTo(page, /^Stalls/);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await tabTo(page, /^Row A/);
  await page.keyboard.press('Enter');
  await tabTo(page, /^Row A, seat 1, Stalls, 45\.00 EUR, available$/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await ada.seesBasket(1);
  assert.deepEqual(await ada.basket(), ['Row A, seat 2']);
  assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /^Row A, seat 2, Stalls, 45\.00 EUR, yours$/);
  await ada.seesText('#announcer', /Stalls, row A, seat 2 held for you\. 1 ticket in your basket, €45\.00/);
  await tabTo(page, /^Continue to payment$/);
  await page.keyboard.press('Enter');
  await ada.sees('#payment');
  await tabTo(page, /^Name$/);
  await page.keyboard.type('Grace Hopper');
  await page.keyboard.press('Tab');
  await page.keyboard.type('grace@example.org');
  await tabTo(page, /^Pay €45\.00$/);
  await page.keyboard.press('Enter');
  await ada.seesBooking();
  await ada.leave();
});

test('the map by keyboard: arrows, Enter, zoom', async () => {
  const event = await place.createEvent(HALL);
  const ada = await (await come()).visit(event);
  const { page } = ada;
  await ada.start();
  await page.focus('#map');
  await page.keyboard.press('ArrowDown');
  await ada.seesText('#announcer', /^Row \w, seat \d+, [^,]+, \d+\.00 EUR, available$/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await ada.seesBasket(1);
  await page.keyboard.press('+');
  await page.waitForFunction(() => !document.getElementById('zoom-out').disabled);
  await page.keyboard.press('0');
  await page.waitForFunction(() => document.getElementById('zoom-out').disabled);
  await page.keyboard.press('Enter');
  await ada.seesBasket(0);
  await ada.leave();
});

test('phone width: nothing is cut off, and tickets can be bought', async () => {
  const event = await place.createEvent(SMALL_HALL);
  const ada = await come(PHONE);
  const { page } = ada;
  const fits = async (where) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 320, `${where} is ${width} wide`);
  };
  await page.goto(place.url);
  await ada.sees('.event-card');
  await fits('events');
  await ada.visit(event);
  await fits('the event');
  await page.tap('#bar-start');
  await ada.sees('#bar-pay');
  await ada.pick('Circle', 'A', '4');
  await ada.seesBasket(1);
  await fits('the basket');
  await ada.seesText('#bar-text', '1 ticket · €28.00');
  await page.tap('#bar-pay');
  await ada.sees('#payment');
  await fits('the payment');
  await ada.pay();
  await ada.seesBooking();
  await fits('the booking');
  await ada.leave();
});

test('two fingers zoom the map; one finger at the whole view leaves the page its scrolling', async () => {
  const event = await place.createEvent(HALL);
  const ada = await (await come({ ...PHONE, viewport: { width: 390, height: 844 } })).visit(event);
  const { page } = ada;
  await page.locator('#map').scrollIntoViewIfNeeded();
  const { x, y, width, height } = await page.locator('#map').boundingBox();
  const touchAction = () => page.evaluate(() => getComputedStyle(document.getElementById('map')).touchAction);
  assert.equal(await touchAction(), 'pan-y');
  const wire = await page.context().newCDPSession(page);
  const fingers = (type, apart) => wire.send('Input.dispatchTouchEvent', { type, touchPoints: apart === null ? [] : [-1, 1].map((side, id) => ({ id, x: x + width / 2 + side * apart, y: y + height / 2 })) });
  await fingers('touchStart', 30);
  for (let apart = 40; apart <= 130; apart += 10) await fingers('touchMove', apart);
  await fingers('touchEnd', null);
  await page.waitForFunction(() => !document.getElementById('zoom-out').disabled);
  assert.equal(await touchAction(), 'none', 'zoomed in, a finger moves the map');
  await page.tap('#zoom-whole');
  await page.waitForFunction(() => document.getElementById('zoom-out').disabled);
  await ada.leave();
});
