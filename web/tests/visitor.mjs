// One visitor with a browser of his own, and what the tests let him do.
import assert from 'node:assert/strict';

export const SMALL_HALL = {
  name: 'Small Hall',
  sections: [
    { name: 'Stalls', price: 4500, rows: [{ label: 'A', seats: 6 }, { label: 'B', seats: 8 }] },
    { name: 'Circle', price: 2800, rows: [{ label: 'A', seats: 10 }] },
  ],
  general: [{ name: 'Standing', price: 1500, allocation: 3 }],
};

export class Visitor {
  static async come(chromium, url, options = {}) {
    const context = await chromium.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
    return new Visitor(context, url).open();
  }

  constructor(context, url) {
    Object.assign(this, { context, url, faults: [] });
  }

  /** Another tab of the same browser. */
  async open() {
    const tab = Object.assign(new Visitor(this.context, this.url), { faults: this.faults });
    tab.page = await this.context.newPage();
    tab.page.setDefaultTimeout(10_000);
    tab.page.on('pageerror', (error) => this.faults.push(String(error)));
    tab.page.on('console', (message) => {
      // A refused request is logged by the browser; the page's own faults are not expected.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.faults.push(message.text());
    });
    return tab;
  }

  async visit(event) {
    await this.page.goto(`${this.url}/e/${event.id}`);
    await this.page.waitForSelector('#shop:not([hidden]), #queue:not([hidden])');
    return this;
  }

  async start() {
    await this.page.click((await this.page.isVisible('#start')) ? '#start' : '#bar-start');
    await this.sees('#basket-body, #queue');
  }

  /** The checkbox of a seat in the list, with its section and row opened. */
  async box(section, row, seat) {
    const part = this.page.locator('.list-section', { has: this.page.locator(`summary .list-name:text-is("${section}")`) });
    if (!(await part.evaluate((details) => details.open))) await part.locator('> summary').click();
    const line = part.locator('.list-row', { has: this.page.locator(`summary .list-name:text-is("Row ${row}")`) });
    if (!(await line.evaluate((details) => details.open))) await line.locator('> summary').click();
    return line.getByRole('checkbox', { name: `Row ${row}, seat ${seat}, ${section},` });
  }

  async pick(section, row, seat) {
    await (await this.box(section, row, seat)).click();
  }

  async stateOf(section, row, seat) {
    return (await this.box(section, row, seat)).getAttribute('data-state');
  }

  /** Waits until the seat is `free`, `held`, `sold` or `mine` before this visitor's eyes. */
  async seesSeat(section, row, seat, state) {
    const box = await this.box(section, row, seat);
    const handle = await box.elementHandle();
    await this.page.waitForFunction(([node, wanted]) => node.dataset.state === wanted, [handle, state]);
  }

  async sees(selector) {
    await this.page.locator(selector).filter({ visible: true }).first().waitFor();
  }

  async seesText(selector, pattern) {
    const part = this.page.locator(selector);
    await part.filter({ hasText: pattern }).first().waitFor({ state: 'attached' });
  }

  text(selector) { return this.page.locator(selector).innerText(); }

  basket() { return this.page.locator('#lines .line-name strong').allInnerTexts(); }

  async seesBasket(count) {
    await this.page.waitForFunction((n) => document.querySelectorAll('#lines li').length === n, count);
  }

  async pay({ card = 'ok', name = 'Ada Lovelace', email = 'ada@example.org' } = {}) {
    if (!(await this.page.isVisible('#payment'))) await this.page.click((await this.page.isVisible('#to-pay')) ? '#to-pay' : '#bar-pay');
    await this.page.fill('#buyer-name', name);
    await this.page.fill('#buyer-email', email);
    await this.page.check(`#test-card [value=${card}]`);
    await this.page.click('#pay');
  }

  async seesBooking() {
    await this.sees('#booking');
    return (await this.text('#reference')).replaceAll(/\s/g, '');
  }

  async leave() {
    assert.deepEqual(this.faults, [], 'the page ran without faults');
    await this.context.close();
  }
}
