// The confirmation: reference, QR code, what was bought. The checkout's token is
// behind the # of the address, which no server log and no referrer sees.
import { get } from './api.js';
import { byId, el, setText, show } from './dom.js';
import { eventDate, money } from './format.js';
import { notice } from './notice.js';
import { explain } from './problems.js';

const reference = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const key = `ringside.booking.${reference}`;
const token = decodeURIComponent(location.hash.slice(1)) || localStorage.getItem(key) || '';
const query = token ? `?token=${encodeURIComponent(token)}` : '';

function draw(booking) {
  const { event, seats, general, total, currency, name } = booking;
  const date = eventDate(event.date);
  document.title = `Booking ${booking.reference} · ${event.name}`;
  setText(byId('booked-words'), `${name ? `Thank you, ${name}. ` : ''}Show the code at the entrance, on paper or on your phone.`);
  byId('event-date').dateTime = date.iso;
  setText(byId('event-date'), `${date.long} · ${date.time}`);
  setText(byId('event-name'), event.name);
  setText(byId('event-venue'), event.venue ?? '');
  setText(byId('total'), money(total, currency));
  const spelt = byId('reference');
  spelt.textContent = `${booking.reference.slice(0, 4)} ${booking.reference.slice(4)}`;
  const code = byId('qr');
  code.src = `/bookings/${encodeURIComponent(booking.reference)}/qr.svg${query}`;
  code.alt = `QR code of booking ${booking.reference}`;
  const line = (title, small, price) => el('li', {}, el('span', { class: 'line-name' }, el('strong', { text: title }), el('small', { text: small })), el('span', { class: 'line-price', text: money(price, currency) }));
  byId('lines').replaceChildren(
    ...seats.map(({ section, row, label, price }) => line(`Row ${row}, seat ${label}`, section, price)),
    ...general.map((option) => line(option.name, `${option.quantity} × ${money(option.price, currency)}`, option.price * option.quantity)),
  );
  setText(byId('booking-hint'), 'Keep the reference. Whoever has the link to this page can see and use the booking, so share it only with your company.');
  byId('print').onclick = () => print();
  byId('copy').onclick = async () => {
    const link = `${location.origin}/b/${booking.reference}#${token}`;
    const done = await navigator.clipboard?.writeText(link).then(() => true, () => false);
    if (done) setText(byId('copy'), 'Copied');
    else notice({ title: 'Copy this link', text: link }, { kind: 'info' });
  };
  show(byId('booking'), true);
  byId('booked-title').focus({ preventScroll: true });
}

try {
  const booking = await get(`/bookings/${encodeURIComponent(reference)}${query}`);
  if (token) localStorage.setItem(key, token);
  draw(booking);
} catch (problem) {
  if (!problem.code) throw problem;
  const words = [401, 403, 404].includes(problem.status) ? { code: 'no_such_booking', status: problem.status } : problem;
  notice(explain(words), { action: problem.status === 0 ? { label: 'Try again', act: () => location.reload() } : { label: 'See all events', act: () => location.assign('/') } });
}
