// The page of one event: shows what the checkout's state asks for, and wires map,
// list, basket and payment to one checkout.
import { get } from './api.js';
import { Basket } from './basket.js';
import { Checkout } from './checkout.js';
import { Deadline } from './deadline.js';
import { byId, setText, show } from './dom.js';
import { eventDate, minutes, number } from './format.js';
import { General } from './general.js';
import { Live } from './live.js';
import { clearNotice, notice } from './notice.js';
import { Payment } from './payment.js';
import { poster } from './poster.js';
import { explain } from './problems.js';
import { Purchase } from './purchase.js';
import { quickPick } from './quick-pick.js';
import { SeatList } from './seat-list.js';
import { SeatMap } from './seat-map.js';
import { Seats } from './seats.js';
import { WaitingRoom } from './waiting-room.js';

const EVENT_POLL_MS = 10_000;
const COUNT_MS = 1000;
const HEADINGS = { queue: 'queue-title', ended: 'ended-title', paying: 'paying-title', pay: 'pay-title', choose: 'basket-title' };

const id = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const page = {};

async function open() {
  page.event = await get(`/events/${encodeURIComponent(id)}`);
  head(page.event);
  const plan = await get(`/events/${encodeURIComponent(id)}/plan?v=${encodeURIComponent(page.event.plan_version ?? 1)}`);
  const { event } = page;
  const { currency } = event;
  page.checkout = new Checkout(event.id);
  page.seats = new Seats(plan);
  const hasSeats = page.seats.count > 0;
  byId('shop').classList.toggle('seatless', !hasSeats);
  if (hasSeats) page.seats.takeAll(await get(`/events/${event.id}/seats`));
  page.purchase = new Purchase(page);
  const { purchase } = page;

  show(byId('shop'), true);
  if (hasSeats) {
    page.map = new SeatMap(page.seats, currency, (index) => purchase.choose(index));
    page.list = new SeatList(page.seats, currency, (index) => purchase.choose(index));
    quickPick(page.seats, currency, event.max_tickets, (best) => purchase.best(best));
    byId('map').setAttribute('aria-label', `Seat map of ${event.venue || event.name}`);
  }
  page.general = new General(event.general ?? [], currency, (option, by) => purchase.step(option, by));
  page.basket = new Basket(currency, purchase);
  page.room = new WaitingRoom(event.waiting_room, () => purchase.leave());
  page.payment = new Payment(event.payment ?? 'test', currency, { onpay: (details) => purchase.complete(details), onback: back });
  byId('paying-back').onclick = () => purchase.giveUpPayment();
  page.deadline = new Deadline([byId('clock-time'), byId('bar-clock')], {
    onwarn: (isShort) => {
      byId('clock').classList.toggle('short', isShort);
      byId('bar-clock').classList.toggle('short', isShort);
      show(byId('warning'), isShort && page.step === 'admitted' && Boolean(page.checkout.now?.may_extend));
    },
    onend: () => purchase.timeUp(),
  });
  setText(byId('start-words'), `You have ${minutes(event.session_seconds)} to choose and pay, and up to ${number(event.max_tickets)} tickets in one order. Nothing is held until you choose it.`);
  byId('again').onclick = () => purchase.start();

  window.addEventListener('hashchange', () => update(page.checkout.now));
  page.seats.addEventListener('change', countLater);
  await purchase.resume();
  page.checkout.addEventListener('change', ({ detail: { old } }) => update(old));
  update(null);
  page.live = new Live(event.id, hasSeats ? page.seats : null, page.checkout, {
    onqueue: (place) => page.room.show(place),
    onclock: (clock) => page.deadline.set(clock.seconds_left),
  });
  setInterval(refreshEvent, EVENT_POLL_MS);
}

/** From the payment to the seats. */
function back() {
  history.replaceState(null, '', location.pathname);
  update(page.checkout.now);
}

function head(event) {
  const date = eventDate(event.date);
  byId('poster').replaceChildren(poster(event.name));
  setText(byId('event-name'), event.name);
  setText(byId('event-venue'), event.venue ?? '');
  setText(byId('event-about'), event.description ?? '');
  byId('event-date').dateTime = date.iso;
  setText(byId('event-date'), `${date.long} · ${date.time}`);
}

/** Shows what the checkout now is. `old` is what it was. */
function update(old) {
  const { checkout, event, seats } = page;
  const now = checkout.now;
  const step = page.purchase.step_of(old, now);
  if (step === 'completed') {
    location.assign(`/b/${now.booking}#${now.token}`);
    return;
  }
  const paying = step === 'admitted' && location.hash === '#pay' && (now.holds.length > 0 || now.general.length > 0);
  const view = { admitted: paying ? 'pay' : 'choose', queued: 'queue', paying: 'paying', ended: 'ended' }[step] ?? 'browse';
  const before = page.view;
  page.view = view;
  page.step = step;

  seats.setMine(now && step === 'admitted' ? now.holds.map(({ seat }) => seat) : []);
  show(byId('queue'), view === 'queue');
  show(byId('ended'), view === 'ended');
  show(byId('paying'), view === 'paying');
  show(byId('paying-back'), page.event.payment === 'hosted');
  show(byId('shop'), ['browse', 'choose', 'pay'].includes(view));
  show(byId('choose'), view !== 'pay');
  show(byId('payment'), view === 'pay');
  byId('main').dataset.view = view;
  page.basket.show(step === 'admitted' ? now : null, view === 'choose' || view === 'pay' ? view : 'browse', { state: event.state, sessionSeconds: event.session_seconds });
  page.general.held(step === 'admitted' ? now.general : []);
  page.payment.total(now?.total ?? 0);
  page.deadline.set(step === 'admitted' ? now.seconds_left : null, checkout.received);
  if (step === 'queued') page.room.show(now);
  document.title = title(view, now, event);
  count();

  if (view !== before && before !== undefined) {
    if (!['pay', 'paying'].includes(view) && location.hash === '#pay') history.replaceState(null, '', location.pathname);
    if (HEADINGS[view] && !(view === 'choose' && before === 'browse')) {
      window.scrollTo({ top: 0 });
      byId(HEADINGS[view]).focus({ preventScroll: true });
    }
    if (view === 'pay' && before === 'choose') clearNotice();
  }
  const stream = step === 'queued' || step === 'admitted' || step === 'paying' ? checkout.token : null;
  if (page.live && page.live.token !== stream) page.live.open();
  page.purchase.afterwards(old, now, step);
}

function title(view, now, event) {
  if (view === 'queue') return `${now.position ? `#${number(now.position)} in line` : 'In line'} · ${event.name}`;
  if (view === 'choose') return `Your turn · ${event.name}`;
  if (view === 'pay') return `Payment · ${event.name}`;
  return `${event.name} · Ringside`;
}

function countLater() {
  page.counting ||= setTimeout(() => { page.counting = 0; count(); }, COUNT_MS);
}

function count() {
  const { seats } = page;
  if (seats.count === 0) return;
  const free = seats.sections.reduce((sum, section) => sum + seats.free(section), 0);
  setText(byId('availability'), `${number(free)} of ${number(seats.count)} available`);
}

/** What the live stream does not tell: tickets without a seat, a paused room, an opening. */
async function refreshEvent() {
  if (document.hidden || page.view === 'pay') return;
  try {
    page.event = await get(`/events/${id}`);
    page.general.available(page.event.general ?? []);
    page.room.room = page.event.waiting_room;
    if (page.view === 'browse') page.basket.show(null, 'browse', { state: page.event.state, sessionSeconds: page.event.session_seconds });
  } catch { /* the next poll may do better */ }
}

page.fail = (problem, options) => {
  const { event, seats } = page;
  const words = explain(problem, { seat: (index) => seats?.describe(index), maxTickets: event?.max_tickets, sessionSeconds: event?.session_seconds });
  notice(words, options);
};
page.refreshEvent = refreshEvent;

open().catch((problem) => {
  if (!problem.code) throw problem;
  byId('main').dataset.view = 'error';
  setText(byId('event-name'), problem.status === 404 ? 'No such event' : 'This event did not load');
  page.fail(problem, { action: problem.status === 404 ? { label: 'See all events', act: () => location.assign('/') } : { label: 'Try again', act: () => location.reload() } });
});
