// The payment form: buyer, card, one button. With a hosted provider the card is
// asked for on the provider's page.
import { byId, setText, show } from './dom.js';
import { money } from './format.js';

export class Payment {
  #busy = false;

  /** `onpay(details)` resolves when it is paid, rejects when it is not. */
  constructor(provider, currency, { onpay, onback }) {
    Object.assign(this, { provider, currency });
    const form = byId('pay-form');
    show(byId('test-card'), provider === 'test');
    show(byId('hosted-note'), provider !== 'test');
    byId('pay-back').onclick = onback;
    form.noValidate = true;
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (this.#busy || !this.#valid(form)) return;
      this.#setBusy(true);
      try {
        const card = form.elements.card.value;
        await onpay({
          payment: provider === 'test' ? { provider, card } : { provider },
          name: form.elements.name.value.trim(),
          email: form.elements.email.value.trim(),
        });
      } finally {
        this.#setBusy(false);
      }
    };
    for (const field of [form.elements.name, form.elements.email]) field.addEventListener('input', () => this.#complain(field, ''));
  }

  total(minor) {
    this.amount = money(minor, this.currency);
    if (!this.#busy) setText(byId('pay'), this.provider === 'test' ? `Pay ${this.amount}` : `Continue to payment · ${this.amount}`);
  }

  #setBusy(busy) {
    this.#busy = busy;
    const button = byId('pay');
    button.setAttribute('aria-disabled', String(busy));
    button.classList.toggle('busy', busy);
    setText(button, busy ? 'Paying…' : `Pay ${this.amount}`);
  }

  #valid(form) {
    const { name, email } = form.elements;
    this.#complain(name, name.value.trim() ? '' : 'Enter the name for the booking.');
    this.#complain(email, /^\S+@\S+\.\S+$/.test(email.value.trim()) ? '' : 'Enter a complete e-mail address, such as ada@example.org.');
    const wrong = [name, email].find((field) => field.getAttribute('aria-invalid') === 'true');
    wrong?.focus();
    return !wrong;
  }

  #complain(field, text) {
    const place = byId(`${field.id}-error`);
    setText(place, text);
    show(place, text !== '');
    if (text) field.setAttribute('aria-invalid', 'true'); else field.removeAttribute('aria-invalid');
  }
}
