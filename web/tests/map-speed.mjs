// Measures the seat map in Chromium: `node map-speed.mjs`. For halls of some 5,000
// and 50,000 seats: time from the click on the link to the drawn map, time to draw
// a frame, and frames per second while the whole map is zoomed and moved.
import { browser, site } from './browser.mjs';

const HALLS = [
  ['5,000 seats', Array.from({ length: 5 }, (_, i) => ({ name: `Block ${i + 1}`, price: 5000 - i * 500, template: { rows: 25, seats: 40 } }))],
  ['50,000 seats', Array.from({ length: 50 }, (_, i) => ({ name: `Block ${i + 1}`, price: 9000 - Math.floor(i / 10) * 1000, template: { rows: 25, seats: 40 } }))],
];

const place = await site();
const chromium = await browser();
for (const [name, sections] of HALLS) {
  const event = await place.createEvent({ name, sections });
  const page = await (await chromium.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  const start = performance.now();
  await page.goto(`${place.url}/e/${event.id}`);
  await page.waitForSelector('#legend li', { state: 'attached' });
  const opened = performance.now() - start;
  const figures = await page.evaluate(async () => {
    const canvas = document.getElementById('map');
    canvas.focus();
    canvas.scrollIntoView();
    const box = canvas.getBoundingClientRect();
    const frame = () => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
    const run = async (act) => {
      const times = [];
      let last = performance.now();
      for (let i = 0; i < 60; i += 1) {
        act(i);
        await frame();
        times.push(performance.now() - last);
        last = performance.now();
      }
      times.sort((a, b) => a - b);
      return { median: times[30], p95: times[57], fps: 1000 / (times.reduce((a, b) => a + b) / times.length) };
    };
    const wheel = (deltaY) => canvas.dispatchEvent(new WheelEvent('wheel', { deltaY, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, cancelable: true }));
    const key = (name, shiftKey) => canvas.dispatchEvent(new KeyboardEvent('keydown', { key: name, shiftKey, cancelable: true }));
    const zoomedOut = await run((i) => wheel(i % 2 ? 2 : -2));
    for (let i = 0; i < 8; i += 1) wheel(-60);
    await frame();
    const halfway = await run((i) => key(i % 2 ? 'ArrowLeft' : 'ArrowRight', true));
    for (let i = 0; i < 20; i += 1) wheel(-100);
    await frame();
    const close = await run((i) => key(i % 2 ? 'ArrowLeft' : 'ArrowRight', true));
    return { zoomedOut, halfway, close };
  });
  const show = ({ median, p95, fps }) => `median ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms a frame, ${fps.toFixed(0)} frames/s`;
  console.log(`${name}: opened in ${opened.toFixed(0)} ms`);
  for (const [part, values] of Object.entries(figures)) console.log(`  ${part}: ${show(values)}`);
  await page.context().close();
}
await chromium.close();
place.close();
