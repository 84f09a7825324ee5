// What goes wrong, in words that help, and what stays.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, site } from './browser.mjs';
import { SMALL_HALL, Visitor } from './visitor.mjs';

let chromium;
let place;
let ada;
before(async () => { [chromium, place] = await Promise.all([browser(), site()]); });
after(async () => { await chromium?.close(); place?.close(); });

async function shopping(spec = SMALL_HALL) {
  const event = await place.createEvent(spec);
  ada = await (await Visitor.come(chromium, place.url)).visit(event);
  await ada.start();
  return event;
}

test('a declined card: holds stay, another card pays', async () => {
  await shopping();
  await ada.pick('Stalls', 'A', '1');
  await ada.seesBasket(1);
  await ada.pay({ card: 'declined' });
  await ada.seesText('#notice', 'The card was declined');
  await ada.seesText('#notice', 'still yours');
  await ada.seesBasket(1);
  await ada.pay({ card: 'ok' });
  await ada.seesBooking();
  await ada.leave();
});

test('a name and an e-mail address that are missing are asked for, at their fields', async () => {
  await shopping();
  await ada.pick('Stalls', 'A', '1');
  await ada.seesBasket(1);
  await ada.pay({ name: ' ', email: 'ada' });
  await ada.seesText('#buyer-name-error', 'Enter the name');
  await ada.seesText('#buyer-email-error', 'ada@example.org');
  assert.equal(await ada.page.evaluate(() => document.activeElement.id), 'buyer-name');
  await ada.pay();
  await ada.seesBooking();
  await ada.leave();
});

test('more than the order may hold is refused with the limit', async () => {
  await shopping({ ...SMALL_HALL, max_tickets: 2 });
  await ada.page.selectOption('#best-count', '2');
  await ada.page.click('#best button');
  await ada.seesBasket(2);
  await ada.pick('Circle', 'A', '9');
  await ada.seesText('#notice', 'One order may hold 2 tickets');
  await ada.seesBasket(2);
  assert.equal(await (await ada.box('Circle', 'A', '9')).isChecked(), false);
  await ada.leave();
});

test('more together than any row has, more standing tickets than there are', async () => {
  await shopping();
  await ada.page.selectOption('#best-count', '8');
  await ada.page.selectOption('#best-section', 'Stalls');
  await ada.page.click('#best button');
  await ada.seesBasket(8);
  await ada.page.click('#leave');
  await ada.sees('#start');
  await ada.start();
  const more = ada.page.getByRole('button', { name: 'One more: Standing' });
  for (let i = 1; i <= 3; i += 1) {
    await more.click();
    await ada.seesText('output.quantity', String(i));
  }
  await more.click({ force: true }); // told as not available, and says why when pressed
  await ada.seesText('#notice', 'all sold or held');
  await ada.leave();
});

test('no connection: the choice is not taken, a later one is', async () => {
  await shopping();
  await ada.page.route('**/holds', (route) => route.abort());
  await ada.pick('Stalls', 'A', '4');
  await ada.seesText('#notice', 'No connection');
  assert.equal(await (await ada.box('Stalls', 'A', '4')).isChecked(), false);
  await ada.page.unroute('**/holds');
  await ada.pick('Stalls', 'A', '4');
  await ada.seesBasket(1);
  await ada.leave();
});

test('the answer to a payment that gets lost is looked up, not paid twice', async () => {
  await shopping();
  await ada.pick('Stalls', 'A', '5');
  await ada.seesBasket(1);
  let sent = 0;
  await ada.page.route('**/complete', async (route) => {
    sent += 1;
    await route.fetch();
    await route.abort();
  });
  await ada.pay();
  await ada.seesBooking();
  assert.equal(sent, 1);
  await ada.leave();
});

test('a session that ended while the tab was closed is explained on return', async () => {
  const seconds = place.isReal ? 6 : 600;
  const event = await shopping({ ...SMALL_HALL, session_seconds: seconds });
  await ada.pick('Stalls', 'A', '6');
  await ada.seesBasket(1);
  await ada.page.goto('about:blank');
  await place.pass(seconds + 1);
  await ada.visit(event);
  await ada.seesText('#notice', 'Your earlier time is over');
  await ada.start();
  await ada.seesBasket(0);
  await ada.leave();
});

test('unknown events and bookings, and a booking without its link', async () => {
  const event = await shopping();
  await ada.page.goto(`${place.url}/e/${event.id.replaceAll(/./g, '0')}`);
  await ada.seesText('#notice', /event/);
  await ada.page.goto(`${place.url}/b/ABCDEFGH`);
  await ada.seesText('#notice', 'We cannot show this booking');
  await ada.leave();
});

test('the operator is asked for a token, told when it is wrong, and can pause', { skip: process.env.BASE_URL && !process.env.API_TOKEN ? 'the server has no token' : false }, async () => {
  // Others sell in a hall of the usual name at the same time.
  const name = `Hall of the operator ${Date.now()}`;
  const event = await shopping({ ...SMALL_HALL, name });
  const { page } = ada;
  await page.goto(`${place.url}/admin`);
  await page.fill('#token', 'wrong');
  await page.click('#sign-in button');
  await ada.seesText('#notice', 'That token is not accepted');
  await page.fill('#token', place.token);
  await page.click('#sign-in button');
  const card = page.locator('.admin-event').filter({ hasText: name });
  await card.waitFor();
  await page.getByRole('button', { name: `Pause: ${name}` }).click();
  await card.locator('.badge', { hasText: 'Paused' }).waitFor();
  const other = await (await Visitor.come(chromium, place.url)).visit(event);
  await other.start();
  await other.sees('#queue');
  await page.getByRole('button', { name: `Start: ${name}` }).click();
  await other.sees('#basket-body');
  await Promise.all([other.leave(), ada.leave()]);
});
