// The operator's view: figures per event, live, and the levers of its waiting
// room. The token stays in this tab's session storage.
import { Problem, ask } from './api.js';
import { EventCard } from './admin-event.js';
import { byId, el, setText, show } from './dom.js';
import { number } from './format.js';
import { clearNotice, notice } from './notice.js';
import { plot } from './plot.js';
import { explain } from './problems.js';

const KEY = 'ringside.operator';
const POLL_MS = 1000;
const cards = new Map();
let timer = 0;
let lost = false;

/** A server without a token wants none. */
const headers = () => {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
};

function signIn(problem) {
  clearTimeout(timer);
  sessionStorage.removeItem(KEY);
  show(byId('board'), false);
  show(byId('signed'), false);
  show(byId('fresh'), false);
  show(byId('sign-in'), true);
  if (problem) notice(explain(problem));
  byId('token').focus();
}

async function load() {
  clearTimeout(timer);
  try {
    const view = await ask('GET', '/admin/events', undefined, { headers: headers() });
    show(byId('sign-in'), false);
    show(byId('signed'), sessionStorage.getItem(KEY) !== null);
    show(byId('board'), true);
    show(byId('fresh'), true);
    if (lost) clearNotice();
    lost = false;
    draw(view);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401 || problem.status === 403) {
      signIn(sessionStorage.getItem(KEY) ? new Problem(401, { code: 'unauthorized' }) : undefined);
      return;
    }
    if (!lost) notice({ title: 'The figures have stopped', text: 'The server does not answer. What is shown is the last that was known; this page keeps trying.' });
    lost = true;
    setText(byId('fresh'), 'not current');
  }
  timer = setTimeout(load, document.hidden ? POLL_MS * 10 : POLL_MS);
}

function draw({ events }) {
  const perSecond = Array(60).fill(0);
  const sums = { sold: 0, held: 0, free: 0, queue_length: 0, active: 0 };
  for (const event of events) {
    event.sales_per_second.slice(-60).forEach((sold, i, all) => { perSecond[60 - all.length + i] += sold; });
    for (const part of Object.keys(sums)) sums[part] += event[part] ?? 0;
  }
  const top = plot(byId('plot'), perSecond, 90);
  const mean = perSecond.reduce((a, b) => a + b, 0) / 60;
  setText(byId('plot-words'), `Now ${number(perSecond.at(-2) ?? 0)}, at most ${number(top)}, on average ${number(Math.round(mean * 10) / 10)} tickets per second.`);
  setText(byId('fresh'), `live · ${new Date().toLocaleTimeString('en', { hourCycle: 'h23' })}`);
  const names = { sold: 'Sold', held: 'Held', free: 'Free', queue_length: 'Waiting', active: 'Shopping' };
  const list = byId('sums');
  if (list.childElementCount === 0) list.replaceChildren(...Object.entries(names).map(([part, name]) => el('div', { class: `sum ${part}` }, el('dt', { text: name }), el('dd', { 'data-part': part }))));
  for (const place of list.querySelectorAll('dd')) setText(place, number(sums[place.dataset.part]));

  for (const event of events) {
    if (!cards.has(event.id)) {
      const card = new EventCard(event, (body) => steer(event.id, body));
      cards.set(event.id, card);
      byId('rows').append(card.element);
    }
    cards.get(event.id).update(event);
  }
  for (const [id, card] of cards) {
    if (events.some((event) => event.id === id)) continue;
    card.element.remove();
    cards.delete(id);
  }
}

async function steer(id, body) {
  try {
    await ask('POST', `/admin/events/${encodeURIComponent(id)}/waiting-room`, body, { headers: headers() });
    clearNotice();
    await load();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) signIn(problem); else notice(explain(problem));
  }
}

byId('sign-in').onsubmit = (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, byId('token').value.trim());
  byId('token').value = '';
  clearNotice();
  load();
};
byId('sign-out').onclick = () => { clearNotice(); signIn(); };

load();
