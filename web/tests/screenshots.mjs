// Takes pictures of every page, on a desk and on a phone, in light and in dark:
// `node screenshots.mjs [folder]`, of BASE_URL or of the stand-in.
import { mkdir } from 'node:fs/promises';
import { browser, site } from './browser.mjs';
import { HALL } from '../mock/demo.mjs';
import { sell } from '../mock/demo.mjs';

const folder = process.argv[2] ?? 'pictures';
const only = process.argv[3];
await mkdir(folder, { recursive: true });
const place = await site({ demo: true });
const chromium = await browser();
const { events } = await (await fetch(`${place.url}/events`)).json();
const hall = events.find(({ name }) => name === HALL.name) ?? events[0];
const nobody = await chromium.newContext({ viewport: { width: 1280, height: 900 } });
const empty = await nobody.newPage();
await empty.route('**/events', (route) => route.fulfill({ json: { events: [] } }));
await empty.goto(place.url);
await empty.click('#no-events summary');
await empty.screenshot({ path: `${folder}/empty-desk-light.png` });
await nobody.close();
const queued = await place.createEvent({ ...HALL, name: 'Northern Philharmonic: Second Night', date: hall.date.replace('29T', '30T'), waiting_room: { admit_per_second: 0.02, max_active: 1, opens_at: null, order: 'fifo' } });
for (let i = 0; i < 243; i += 1) await fetch(`${place.url}/events/${queued.id}/checkouts`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
if (place.office) {
  const random = (n) => Math.floor(Math.random() * n);
  for (const event of place.office.events.values()) for (let i = 0; i < 200; i += 1) event.sales.push([place.office.now() - random(60_000), 1 + random(4)]);
  sell(place.office, place.office.events.get(queued.id), 0.4);
}

const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await chromium.newContext({ viewport, colorScheme, deviceScaleFactor: size === 'phone' ? 2 : 1, hasTouch: size === 'phone', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(8000);
    page.on('console', (message) => { if (message.type() === 'error') console.log(`${size} ${colorScheme}: ${message.text()}`); });
    page.on('pageerror', (error) => console.log(`${size} ${colorScheme}: ${error}`));
    const shot = async (name, fullPage = true) => {
      if (only && !name.includes(only)) return;
      await page.waitForTimeout(150);
      await page.screenshot({ path: `${folder}/${name}-${size}-${colorScheme}.png`, fullPage });
    };
    await page.goto(place.url);
    await page.waitForSelector('.event-card');
    await shot('events');
    await page.goto(`${place.url}/e/${hall.id}`);
    await page.waitForSelector('#legend li');
    await shot('browse');
    await page.click(size === 'phone' ? '#bar-start' : '#start');
    await page.waitForSelector('#basket-body:not([hidden])');
    await page.selectOption('#best-section', 'Parterre');
    await page.click('#best button');
    await page.waitForSelector('#lines li');
    await page.click('.step >> nth=1');
    await page.waitForSelector('#lines li >> nth=2');
    await page.evaluate(() => scrollTo(0, 0));
    await shot('choose');
    await page.click('.list-section:nth-child(2) > summary');
    await page.click('.list-section:nth-child(2) .list-row:first-child > summary');
    await page.evaluate(() => document.getElementById('list-title').scrollIntoView());
    await shot('list', false);
    await page.evaluate(() => scrollTo(0, 0));
    if (size === 'phone') {
      await page.screenshot({ path: `${folder}/top-${size}-${colorScheme}.png` });
      await page.evaluate(() => document.getElementById('map-title').scrollIntoView());
      await shot('map', false);
      await page.click('#zoom-in'); await page.click('#zoom-in'); await page.click('#zoom-in');
      await shot('zoomed', false);
    } else {
      for (let i = 0; i < 3; i += 1) await page.click('#zoom-in');
      await page.evaluate(() => scrollTo(0, 250));
      await shot('zoomed', false);
    }
    await page.click(size === 'phone' ? '#bar-pay' : '#to-pay');
    await page.waitForSelector('#payment:not([hidden])');
    await page.fill('#buyer-name', 'Ada Lovelace');
    await page.fill('#buyer-email', 'ada@example.org');
    await shot('pay');
    await page.click('[value=declined]');
    await page.click('#pay');
    await page.waitForSelector('#notice:not([hidden])');
    await shot('declined');
    await page.click('[value=ok]');
    await page.click('#pay');
    await page.waitForSelector('#booking:not([hidden])');
    await page.waitForTimeout(200);
    await shot('booking');
    await page.goto(`${place.url}/e/${queued.id}`);
    await page.waitForSelector('#legend li');
    await page.click(size === 'phone' ? '#bar-start' : '#start');
    await page.waitForSelector('#queue:not([hidden])');
    await shot('queue');
    await page.click('#queue-leave');
    await page.goto(`${place.url}/admin`);
    if (place.token) {
      await page.fill('#token', place.token);
      await page.click('#sign-in button');
    }
    await page.waitForSelector('.admin-event');
    await shot('admin');
    await context.close();
  }
}
await chromium.close();
place.close();
