// All events on sale.
import { get } from './api.js';
import { byId, el, show } from './dom.js';
import { eventDate, money, number } from './format.js';
import { notice } from './notice.js';
import { poster } from './poster.js';
import { explain } from './problems.js';

const POLL_MS = 15_000;
const FEW_OF = 0.1;

/** What a buyer wants to know of the state, and how it looks. */
function badge({ state, available, capacity }) {
  if (state === 'sold_out' || available === 0) return ['Sold out', 'gone'];
  if (state === 'upcoming') return ['Opens soon', 'soon'];
  if (state === 'paused') return ['Sale paused', 'soon'];
  if (available <= capacity * FEW_OF) return [`Last ${number(available)} tickets`, 'few'];
  return [`${number(available)} tickets left`, 'open'];
}

function card(event) {
  const date = eventDate(event.date);
  const [words, kind] = badge(event);
  return el('li', {}, el('a', { class: 'event-card', href: `/e/${encodeURIComponent(event.id)}` },
    el('div', { class: 'poster', 'aria-hidden': 'true' }, poster(event.name)),
    el('div', { class: 'event-card-words' },
      el('p', { class: 'event-when' }, el('time', { datetime: date.iso, text: `${date.weekday} ${date.day} ${date.month} · ${date.time}` })),
      el('h2', { text: event.name }),
      el('p', { class: 'event-where', text: event.venue ?? '' }),
      el('p', { class: 'event-foot' },
        el('span', { class: `badge ${kind}`, text: words }),
        kind !== 'gone' && el('span', { class: 'from', text: `from ${money(event.from_price, event.currency)}` })))));
}

/** How whoever runs this server makes the first event. */
function explainNothing() {
  byId('nothing-poster').replaceChildren(poster('nothing yet'));
  const event = { name: 'Opening Night', date: `${new Date().getFullYear() + 1}-05-01T20:00:00+02:00`, venue: 'Town Hall', currency: 'EUR', sections: [{ name: 'Stalls', price: 4500, template: { rows: 10, seats: 20 } }] };
  byId('nothing-curl').textContent = `curl ${location.origin}/events \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(event, null, 2)}'`;
}

let drawn = '';

async function load() {
  const { events } = await get('/events');
  const list = byId('events');
  const news = JSON.stringify(events);
  list.removeAttribute('aria-busy');
  if (events.length === 0 && byId('no-events').hidden) explainNothing();
  show(byId('no-events'), events.length === 0);
  if (news === drawn) return;
  drawn = news;
  const focused = document.activeElement?.getAttribute('href');
  const byDate = [...events].sort((a, b) => Date.parse(a.date) - Date.parse(b.date));
  list.replaceChildren(...byDate.map(card));
  if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

function fail(problem) {
  if (!problem.code) throw problem;
  notice(explain(problem), { action: { label: 'Try again', act: () => load().catch(fail) } });
}

await load().catch(fail);
setInterval(() => { if (!document.hidden) load().catch(() => {}); }, POLL_MS);
