// Example events of the stand-in: a hall, an arena with 50,000 seats, a club.
const day = (n, hour) => {
  const date = new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);
  return `${date}T${hour}:00+01:00`;
};

const rows = (labels, from, step) => [...labels].map((label, i) => ({ label, seats: from + Math.round(i * step) }));

export const HALL = {
  name: 'An Evening with the Northern Philharmonic',
  description: 'Sibelius’ second symphony and the violin concerto, with Aino Lehtonen as soloist. Doors open an hour before; the bar is open during the interval. About two hours with one interval.',
  venue: 'Harbour Hall, Kiel',
  sections: [
    { name: 'Stalls', price: 4500, rows: rows('ABCDEFGHJKLM', 18, 1) },
    { name: 'Parterre', price: 3800, rows: rows('NOPQRST', 30, 0.5) },
    { name: 'Balcony left', price: 2900, rows: rows('ABCDE', 9, 0.5) },
    { name: 'Balcony centre', price: 3400, rows: rows('ABCDE', 14, 0.5) },
    { name: 'Balcony right', price: 2900, rows: rows('ABCDE', 9, 0.5) },
  ],
  general: [
    { name: 'Standing, gallery', price: 1500, allocation: 60 },
    { name: 'Programme booklet', price: 500, allocation: 400 },
  ],
};

export const ARENA = {
  name: 'Lumen: The Glass Rivers Tour',
  description: 'The last night of the tour, in the round, with guests.',
  venue: 'Stadion am Fluss',
  sections: Array.from({ length: 50 }, (_, i) => ({
    name: `Block ${101 + i}`,
    price: [9900, 7900, 6400, 4900, 3500][Math.floor(i / 10)],
    template: { rows: 25, seats: 40 },
  })),
};

export const CLUB = {
  name: 'Late Set: Mira Okafor Trio',
  description: 'Piano, bass, drums, and whoever walks in. Unreserved; come early for a table.',
  venue: 'The Low Room',
  general: [
    { name: 'Standing', price: 1800, allocation: 120 },
    { name: 'Table seat', price: 2600, allocation: 24 },
  ],
};

export function open(office) {
  const hall = office.createEvent({ ...HALL, date: day(38, '19:30') });
  office.createEvent({ ...ARENA, date: day(61, '20:00'), waiting_room: { admit_per_second: 1, max_active: 200 } });
  office.createEvent({ ...CLUB, date: day(12, '22:00') });
  office.createEvent({ name: 'The Winter’s Tale', description: 'Shakespeare’s late play about time, in a new staging.', venue: 'Kammerbühne', date: day(90, '19:00'), sections: [{ name: 'House', price: 3200, template: { rows: 14, seats: 16 } }], waiting_room: { opens_at: new Date(Date.now() + 2 * 86_400_000).toISOString() } });
  sell(office, hall, 0.38);
}

/** Sells and holds a share of the seats in small groups, always the same ones. */
export function sell(office, event, share) {
  let random = 7;
  const next = () => (random = (random * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  for (let i = 0; i < event.seats.length;) {
    const group = 1 + Math.floor(next() * 4);
    const state = next() < share ? (next() < 0.85 ? 's' : 'h') : '.';
    const end = Math.min(i + group, event.seats.length);
    for (let k = i; k < end; k += 1) Object.assign(event.seats[k], { state, owner: state === '.' ? null : 'others' });
    i = end;
  }
  event.version += 1;
  event.changes.length = 0;
}
