// The seats as a list: section, row, seat, with real checkboxes and whole names.
// Rows and seats are built when their section or row is opened, so 50,000 seats
// cost nothing until then. Arrow keys move along an open row.
import { announce } from './announce.js';
import { byId, el, setText } from './dom.js';
import { money, number } from './format.js';
import { FREE, MINE } from './seats.js';
import { seatWords } from './seat-map.js';

const COUNTS_MS = 1000;

export class SeatList {
  #boxes = new Map(); // seat index → checkbox
  #counts = new Map(); // section or row → element with its count
  #stale = 0;

  constructor(seats, currency, onchoose) {
    Object.assign(this, { seats, currency, onchoose });
    byId('seat-list').replaceChildren(...seats.sections.map((section) => this.#section(section)));
    seats.addEventListener('change', ({ detail }) => {
      for (const index of detail) this.#update(index, true);
      this.#stale ||= setTimeout(() => { this.#stale = 0; this.#count(); }, COUNTS_MS);
    });
    this.#count();
  }

  /** Puts every checkbox back to what is true, after a choice that failed. */
  restore(indices) {
    for (const index of indices) this.#update(index, false);
  }

  #section(section) {
    const count = el('span', { class: 'count' });
    this.#counts.set(section, count);
    const details = el('details', { class: 'list-section' }, el('summary', {},
      el('span', { class: 'list-name', text: section.name }),
      el('span', { class: 'price', text: money(section.price, this.currency) }), count));
    details.addEventListener('toggle', () => {
      if (details.open && details.childElementCount === 1) {
        details.append(el('div', { class: 'list-rows' }, section.rows.map((row) => this.#row(row))));
        this.#count();
      }
    });
    return details;
  }

  #row(row) {
    const count = el('span', { class: 'count' });
    this.#counts.set(row, count);
    const details = el('details', { class: 'list-row' }, el('summary', {}, el('span', { class: 'list-name', text: `Row ${row.label}` }), count));
    details.addEventListener('toggle', () => {
      if (details.open && details.childElementCount === 1) {
        details.append(el('div', { class: 'list-seats', role: 'group', 'aria-label': `Row ${row.label}, ${row.section.name}`, onkeydown: walk }, row.labels.map((label, i) => this.#seat(row.first + i, label))));
      }
    });
    return details;
  }

  #seat(index, label) {
    const box = el('input', { type: 'checkbox', 'data-seat': index });
    box.addEventListener('change', () => this.#choose(index, box));
    this.#boxes.set(index, box);
    const seat = el('label', { class: 'list-seat' }, box, el('span', { text: label, 'aria-hidden': 'true' }));
    this.#update(index, false);
    return seat;
  }

  #choose(index, box) {
    const state = this.seats.state(index);
    // A seat that went while it had the focus: it keeps the focus, but not the tick.
    if (state !== FREE && state !== MINE) {
      box.checked = false;
      announce(seatWords(this.seats, index, this.currency));
      return;
    }
    this.onchoose(index);
  }

  #update(index, live) {
    const box = this.#boxes.get(index);
    if (!box) return;
    const state = this.seats.state(index);
    const gone = state !== FREE && state !== MINE;
    const focused = document.activeElement === box;
    box.checked = state === MINE;
    box.disabled = gone && !focused;
    if (gone) box.setAttribute('aria-disabled', 'true'); else box.removeAttribute('aria-disabled');
    if (gone && focused) box.addEventListener('blur', () => this.#update(index, false), { once: true });
    box.dataset.state = ['free', 'held', 'sold', 'mine'][state];
    box.setAttribute('aria-label', seatWords(this.seats, index, this.currency));
    if (live && gone && focused) announce(`Just gone: ${seatWords(this.seats, index, this.currency)}`);
  }

  #count() {
    for (const [part, element] of this.#counts) {
      if (part.section && !element.isConnected) continue;
      let free = 0;
      for (let i = part.first; i < part.first + part.count; i += 1) if (this.seats.state(i) === FREE) free += 1;
      setText(element, free === 0 ? 'none available' : `${number(free)} available`);
    }
  }
}

/** Arrow keys go to the next seat of the row that can be chosen. */
function walk(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const boxes = [...event.currentTarget.querySelectorAll('input:not(:disabled)')];
  const next = boxes[boxes.indexOf(document.activeElement) + step];
  if (next) next.focus();
  event.preventDefault();
}

