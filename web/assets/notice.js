// The banner for what went wrong or needs attention. It is an alert, so it is
// read at once; it may offer one thing to do.
import { byId, el, show } from './dom.js';

export function notice({ title, text }, { kind = 'problem', action } = {}) {
  const banner = byId('notice');
  const button = action && el('button', { type: 'button', class: 'button small', text: action.label, onclick: () => { clearNotice(); action.act(); } });
  const close = el('button', { type: 'button', class: 'quiet small', text: 'Dismiss', onclick: clearNotice });
  banner.className = `notice ${kind}`;
  banner.replaceChildren(el('div', {}, el('h2', { text: title }), el('p', { text })), el('div', { class: 'notice-actions' }, button, close));
  show(banner, true);
  banner.scrollIntoView({ block: 'nearest' });
}

export function clearNotice() {
  show(byId('notice'), false);
  byId('notice').replaceChildren();
}
