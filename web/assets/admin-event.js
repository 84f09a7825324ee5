// One event in the operator's view.
import { announce } from './announce.js';
import { el, setText } from './dom.js';
import { eventDate, number } from './format.js';
import { plot } from './plot.js';

const STATES = { open: 'Letting in', paused: 'Paused', draining: 'Draining', upcoming: 'Not open yet', sold_out: 'Sold out' };
const PARTS = { sold: 'Sold', held: 'Held', free: 'Free' };

export class EventCard {
  #known = {};

  /** `steer(body)` sends an action or new knobs to the waiting room. */
  constructor(event, steer) {
    this.parts = {};
    const place = (name, tag = 'dd') => (this.parts[name] = el(tag, {}));
    const date = eventDate(event.date);
    this.state = el('span', { class: 'badge' });
    this.bar = el('svg', { class: 'split', viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    this.spark = el('svg', { class: 'spark', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    const action = (name, label, title) => el('button', { type: 'button', class: 'button secondary small', 'aria-label': `${label}: ${event.name}`, title, text: label, onclick: () => { steer({ action: name }); announce(`${label}: ${event.name}`); } });
    this.buttons = {
      resume: action('resume', 'Start', 'Let buyers in'),
      pause: action('pause', 'Pause', 'Let no one in; those inside go on'),
      drain: action('drain', 'Drain', 'Let no one in and take no more into the line; those inside finish'),
    };
    const knob = (name, label, step) => el('label', {}, label, el('input', { type: 'number', name, min: 0, step, value: event.waiting_room?.[name] ?? 0, inputmode: 'decimal' }));
    const knobs = el('form', { class: 'knobs', onsubmit: (submit) => {
      submit.preventDefault();
      const { admit_per_second: rate, max_active: active } = submit.target.elements;
      steer({ admit_per_second: Number(rate.value), max_active: Number(active.value) });
      announce('The waiting room was changed.');
    } }, knob('admit_per_second', 'Entrants per second', 'any'), knob('max_active', 'Shopping at once', 1), el('button', { type: 'submit', class: 'button secondary small', text: 'Apply' }));
    const fact = (name, label) => el('div', {}, el('dt', { text: label }), place(name));
    this.inputs = knobs.elements;
    this.element = el('article', { class: 'card admin-event' },
      el('header', {}, el('div', {}, el('h2', { text: event.name }), el('p', { class: 'soft', text: [`${date.weekday} ${date.day} ${date.month}, ${date.time}`, event.venue].filter(Boolean).join(' · ') })), this.state),
      this.bar,
      el('dl', { class: 'facts' }, Object.entries(PARTS).map(([part, name]) => el('div', { class: part }, el('dt', { text: name }), place(part))),
        fact('queue_length', 'Waiting'), fact('active', 'Shopping'), fact('rate', 'Sold / s'), fact('latency', 'Hold p50 · p99'), fact('completing', 'Pay p50 · p99')),
      this.spark,
      el('footer', {}, el('div', { class: 'levers', role: 'group', 'aria-label': `Waiting room of ${event.name}` }, Object.values(this.buttons)), knobs,
        el('p', { class: 'hint', text: '0: no limit' })));
  }

  update(event) {
    const { sold, held, free, sales_per_second: sales } = event;
    for (const part of ['sold', 'held', 'free', 'queue_length', 'active']) setText(this.parts[part], number(event[part] ?? 0));
    const lately = sales.slice(-11, -1);
    setText(this.parts.rate, number(Math.round((lately.reduce((a, b) => a + b, 0) / Math.max(1, lately.length)) * 10) / 10));
    setText(this.parts.latency, latency(event.latency?.hold));
    setText(this.parts.completing, latency(event.latency?.complete));
    plot(this.spark, sales, 36);
    this.#knobs(event.waiting_room ?? {});
    const all = Math.max(1, sold + held + free);
    let from = 0;
    this.bar.replaceChildren(...[['sold', sold], ['held', held], ['free', free]].map(([part, count]) => {
      const width = (count / all) * 100;
      const piece = el('rect', { class: part, x: from, width, y: 0, height: 6 });
      from += width;
      return piece;
    }));
    const state = event.state ?? 'open';
    setText(this.state, STATES[state] ?? state);
    this.state.className = `badge ${state === 'open' ? 'open' : state === 'sold_out' ? 'gone' : 'soon'}`;
    for (const [action, hides] of [['resume', state === 'open'], ['pause', state === 'paused'], ['drain', state === 'draining']]) {
      this.buttons[action].setAttribute('aria-pressed', String(hides));
    }
  }

  /** Follows the server's knobs, but not while someone is typing another value. */
  #knobs(room) {
    for (const name of ['admit_per_second', 'max_active']) {
      if (room[name] === undefined || room[name] === this.#known[name]) continue;
      this.#known[name] = room[name];
      if (document.activeElement !== this.inputs[name]) this.inputs[name].value = room[name];
    }
  }
}

function latency(figures) {
  if (!figures) return '–';
  const ms = (us) => (us < 1000 ? `${number(us)} µs` : `${number(Math.round(us / 100) / 10)} ms`);
  return `${ms(figures.p50_us)} · ${ms(figures.p99_us)}`;
}
