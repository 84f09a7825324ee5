// The waiting room: position, expected wait, and what happens to a closed tab.
import { announce } from './announce.js';
import { byId, setText, show } from './dom.js';
import { localDateTime, minutes, number, plural, roughly } from './format.js';

const SAY_EVERY_MS = 30_000;
const RING = 2 * Math.PI * 54;

export class WaitingRoom {
  #first = 0;
  #saidAt = -Infinity;

  constructor(room, onleave) {
    this.room = room;
    byId('queue-leave').onclick = onleave;
    setText(byId('queue-absence'), minutes(room?.absence_seconds ?? 120));
  }

  show({ position, ahead = position - 1, wait_seconds: wait }) {
    if (!position) return;
    this.#first = Math.max(this.#first, position);
    setText(byId('queue-position'), number(position));
    const opens = this.room?.opens_at && Date.parse(this.room.opens_at) > Date.now();
    show(byId('queue-opens'), Boolean(opens));
    if (opens) setText(byId('queue-opens'), `The sale opens on ${localDateTime(this.room.opens_at)}. ${this.room.order === 'shuffle' ? 'Everyone here by then is put in a random order, so there is no need to be early.' : 'You keep the place in which you came.'}`);
    const words = this.room?.paused ? 'The sale is paused for a moment' : wait === null || wait === undefined ? 'Not known yet' : roughly(wait);
    setText(byId('queue-wait'), words);
    setText(byId('queue-ahead'), ahead === 0 ? 'You are next.' : `${plural(ahead, 'person', 'people')} ahead of you.`);
    const part = this.#first > 1 ? (this.#first - position + 1) / this.#first : 0.9;
    byId('queue-ring').setAttribute('stroke-dasharray', `${Math.max(0.02, part) * RING} ${RING}`);
    const now = performance.now();
    if (now - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = now;
    announce(`You are number ${number(position)} in the waiting room. Expected wait: ${words}.`, { topic: 'queue' });
  }
}
