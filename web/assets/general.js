// General admission: a stepper per ticket option.
import { byId, el, setText, show } from './dom.js';
import { money, number, spokenMoney } from './format.js';

const FEW = 10;

export class General {
  #rows = new Map();

  /** `onstep(option, by)`: one more (1) or one less (-1). */
  constructor(options, currency, onstep) {
    show(byId('general'), options.length > 0);
    byId('general-list').replaceChildren(...options.map((option) => {
      const less = el('button', { type: 'button', class: 'step', 'aria-label': `One less: ${option.name}`, text: '−', onclick: () => onstep(option.id, -1) });
      const more = el('button', { type: 'button', class: 'step', 'aria-label': `One more: ${option.name}, ${spokenMoney(option.price, currency)}`, text: '+', onclick: () => onstep(option.id, 1) });
      const quantity = el('output', { class: 'quantity', 'aria-label': `${option.name} in your basket`, text: '0' });
      const left = el('span', { class: 'left' });
      this.#rows.set(option.id, { less, more, quantity, left });
      return el('li', {}, el('div', { class: 'option' }, el('span', { class: 'option-name', text: option.name }), left),
        el('span', { class: 'price', text: money(option.price, currency) }), el('div', { class: 'stepper', role: 'group', 'aria-label': option.name }, less, quantity, more));
    }));
    this.available(options);
  }

  available(options) {
    for (const { id, available } of options) {
      const row = this.#rows.get(id);
      if (!row) continue;
      row.gone = available === 0;
      setText(row.left, available === 0 ? 'none available now' : available <= FEW ? `last ${number(available)}` : '');
    }
    this.held(this.holds ?? []);
  }

  held(general) {
    this.holds = general;
    for (const [id, { less, more, quantity, gone }] of this.#rows) {
      const mine = general.find(({ option }) => option === id)?.quantity ?? 0;
      setText(quantity, String(mine));
      // A button that has the focus stays able to have it.
      less.setAttribute('aria-disabled', String(mine === 0));
      more.setAttribute('aria-disabled', String(Boolean(gone)));
    }
  }
}
