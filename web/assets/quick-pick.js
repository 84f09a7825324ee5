// "Best available": so many seats together, in one section or anywhere.
import { byId, el } from './dom.js';
import { money } from './format.js';

/** `onpick({count, section?})` holds them. */
export function quickPick(seats, currency, maxTickets, onpick) {
  const count = byId('best-count');
  const section = byId('best-section');
  count.replaceChildren(...Array.from({ length: maxTickets }, (_, i) => el('option', { value: i + 1, selected: i === 1, text: String(i + 1) })));
  section.replaceChildren(el('option', { value: '', text: 'Anywhere' }), ...seats.sections.map(({ name, price }) => el('option', { value: name, text: `${name} · ${money(price, currency)}` })));
  byId('best').onsubmit = (event) => {
    event.preventDefault();
    onpick({ count: Number(count.value), ...(section.value && { section: section.value }) });
  };
}
