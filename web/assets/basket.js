// The basket, beside the seats on a wide screen and below them on a narrow one,
// with a bar at the bottom that keeps clock and total in sight.
import { byId, el, setText, show } from './dom.js';
import { money, plural, spokenMoney } from './format.js';

export class Basket {
  /** `act`: `start()`, `pay()`, `removeSeat(index)`, `removeGeneral(option, quantity)`, `extend()`, `leave()`. */
  constructor(currency, act) {
    Object.assign(this, { currency, act });
    for (const id of ['start', 'bar-start']) byId(id).onclick = () => act.start();
    for (const id of ['to-pay', 'bar-pay']) byId(id).onclick = () => act.pay();
    for (const id of ['extend', 'extend-now']) byId(id).onclick = () => act.extend();
    byId('leave').onclick = () => act.leave();
  }

  /** `checkout` may be null: not started. `step` is `browse`, `choose` or `pay`. */
  show(checkout, step, { state, sessionSeconds }) {
    const holds = [...(checkout?.holds ?? [])].sort((a, b) => a.seat - b.seat);
    const general = checkout?.general ?? [];
    const tickets = holds.length + general.reduce((sum, { quantity }) => sum + quantity, 0);
    const active = step !== 'browse';
    show(byId('basket-start'), !active);
    show(byId('basket-body'), active);
    show(byId('clock'), active);
    show(byId('basket-empty'), active && tickets === 0);
    show(byId('basket-total'), tickets > 0);
    show(byId('to-pay'), step === 'choose');
    byId('to-pay').disabled = tickets === 0;
    const total = money(checkout?.total ?? 0, this.currency);
    setText(byId('total'), total);
    this.#lines(holds, general, step === 'choose');
    show(byId('extend'), Boolean(checkout?.may_extend));
    show(byId('bar'), step !== 'pay');
    show(byId('bar-start'), !active);
    show(byId('bar-pay'), active);
    byId('bar-pay').disabled = tickets === 0;
    setText(byId('bar-text'), active ? (tickets === 0 ? 'Nothing chosen yet' : `${plural(tickets, 'ticket')} · ${total}`) : `${Math.round(sessionSeconds / 60)} minutes to choose and pay`);
    for (const id of ['start', 'bar-start']) {
      setText(byId(id), state === 'upcoming' ? 'Join the waiting room' : 'Get tickets');
      byId(id).disabled = state === 'sold_out';
    }
  }

  #lines(holds, general, editable) {
    const key = JSON.stringify([holds, general, editable]);
    if (key === this.drawn) return;
    this.drawn = key;
    const focused = document.activeElement?.closest('#lines') ? [...byId('lines').querySelectorAll('button')].indexOf(document.activeElement) : -1;
    const remove = (name, onclick) => editable && el('button', { type: 'button', class: 'remove', 'aria-label': `Remove ${name}`, onclick }, icon());
    byId('lines').replaceChildren(
      ...holds.map(({ seat, section, row, label, price }) => el('li', {},
        el('span', { class: 'line-name' }, el('strong', { text: `Row ${row}, seat ${label}` }), el('small', { text: section })),
        el('span', { class: 'line-price', text: money(price, this.currency) }),
        remove(`row ${row}, seat ${label}, ${section}, ${spokenMoney(price, this.currency)}`, () => this.act.removeSeat(seat)))),
      ...general.map(({ option, name, quantity, price }) => el('li', {},
        el('span', { class: 'line-name' }, el('strong', { text: name }), el('small', { text: `${quantity} × ${money(price, this.currency)}` })),
        el('span', { class: 'line-price', text: money(price * quantity, this.currency) }),
        remove(`${quantity} ${name}`, () => this.act.removeGeneral(option, quantity)))),
    );
    if (focused < 0) return;
    // The line that had the focus went: the next one takes it, or the heading.
    const buttons = [...byId('lines').querySelectorAll('button')];
    (buttons[Math.min(focused, buttons.length - 1)] ?? byId('basket-title')).focus();
  }
}

function icon() {
  return el('svg', { viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' }, el('path', { d: 'M4 4l8 8M12 4l-8 8', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6, 'stroke-linecap': 'round' }));
}
