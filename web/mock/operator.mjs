// The stand-in's operator view: figures per event and the waiting room's levers.
import { Refusal } from './box-office.mjs';

export function adminView(office) {
  return { server_time: office.time(), events: [...office.events.values()].map((event) => figures(office, event)) };
}

function figures(office, event) {
  const count = (state) => event.seats.filter((seat) => seat.state === state).length;
  const { id, name, date, venue, currency, general, queue, room } = event;
  const sum = (of) => general.reduce((total, option) => total + of(option), 0);
  const now = office.now();
  const perSecond = Array(60).fill(0);
  for (const [at, tickets] of event.sales) {
    const second = 59 - Math.floor((now - at) / 1000);
    if (second >= 0 && second < 60) perSecond[second] += tickets;
  }
  const open = !(room.opens_at && now < Date.parse(room.opens_at));
  return {
    id, name, date, venue, currency,
    state: !open ? 'upcoming' : room.draining ? 'draining' : room.paused ? 'paused' : 'open',
    sold: count('s') + sum((option) => option.sold),
    held: count('h') + sum((option) => option.allocation - option.available - option.sold),
    free: count('.') + sum((option) => option.available),
    queue_length: queue.length,
    active: office.active(event).length,
    sales_per_second: perSecond,
    latency: { hold: { p50_us: 41, p99_us: 180 }, complete: { p50_us: 55, p99_us: 240 } },
    waiting_room: { ...room },
  };
}

export function steer(office, event, { action, admit_per_second: rate, max_active: active }) {
  const changes = { pause: { paused: true }, resume: { paused: false, draining: false, opens_at: null }, drain: { draining: true } }[action];
  if (action !== undefined && !changes) throw new Refusal(422, 'unknown_action', 'The action is pause, resume or drain.');
  Object.assign(event.room, changes, rate !== undefined && { admit_per_second: rate }, active !== undefined && { max_active: active });
  office.tick();
}
