// The waiting room.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, site } from './browser.mjs';
import { SMALL_HALL, Visitor } from './visitor.mjs';

let chromium;
let place;
before(async () => { [chromium, place] = await Promise.all([browser(), site()]); });
after(async () => { await chromium?.close(); place?.close(); });
const come = () => Visitor.come(chromium, place.url);
const steer = (event, body) => place.send(`/admin/events/${event.id}/waiting-room`, body);

test('a queue of three at one per second: in order, and each told where he stands', async () => {
  const event = await place.createEvent({ ...SMALL_HALL, waiting_room: { admit_per_second: 1, max_active: 0, opens_at: null, order: 'fifo' } });
  await steer(event, { action: 'pause' });
  const buyers = [];
  for (let i = 1; i <= 3; i += 1) {
    const buyer = await (await come()).visit(event);
    await buyer.start();
    await buyer.sees('#queue');
    await buyer.seesText('#queue-position', String(i));
    buyers.push(buyer);
  }
  await buyers[0].seesText('#queue-ahead', 'You are next');
  await buyers[2].seesText('#queue-ahead', '2 people ahead');
  await buyers[2].page.reload();
  await buyers[2].seesText('#queue-position', '3');
  assert.match(await buyers[2].page.title(), /^#3 in line/);
  await buyers[2].seesText('#queue', 'You may close the tab');

  const admitted = [];
  const all = Promise.all(buyers.map(async (buyer, i) => {
    await buyer.page.locator('#basket-body').waitFor({ timeout: 20_000 });
    admitted.push(i);
  }));
  await steer(event, { action: 'resume' });
  await all;
  assert.deepEqual(admitted, [0, 1, 2]);
  await buyers[2].seesText('#announcer', 'It is your turn');
  for (const buyer of buyers) await buyer.leave();
});

test('who leaves gives up the place, and the next moves up', async () => {
  const event = await place.createEvent({ ...SMALL_HALL, waiting_room: { admit_per_second: 0, max_active: 1, opens_at: null, order: 'fifo' } });
  const [inside, first, second] = [await come(), await come(), await come()];
  for (const buyer of [inside, first, second]) {
    await buyer.visit(event);
    await buyer.start();
  }
  await inside.sees('#basket-body');
  await second.seesText('#queue-position', '2');
  await first.page.click('#queue-leave');
  await first.sees('#start');
  await second.seesText('#queue-position', '1');
  await inside.page.click('#leave');
  await second.sees('#basket-body');
  for (const buyer of [inside, first, second]) await buyer.leave();
});

test('a seat clicked before the line is held when the turn comes', async () => {
  const event = await place.createEvent({ ...SMALL_HALL, waiting_room: { admit_per_second: 0, max_active: 0, opens_at: null, order: 'fifo' } });
  await steer(event, { action: 'pause' });
  const ada = await (await come()).visit(event);
  await ada.pick('Stalls', 'A', '2');
  await ada.sees('#queue');
  await steer(event, { action: 'resume' });
  await ada.seesBasket(1);
  assert.deepEqual(await ada.basket(), ['Row A, seat 2']);
  await ada.leave();
});
