// Money, dates and durations in words. Money is in minor units (cents).
const LANGUAGE = 'en-GB';
const formats = new Map();

function currencyFormat(currency) {
  if (!formats.has(currency)) {
    formats.set(currency, new Intl.NumberFormat(LANGUAGE, { style: 'currency', currency }));
  }
  return formats.get(currency);
}

const digits = (currency) => currencyFormat(currency).resolvedOptions().maximumFractionDigits;

/** `€45.00`, for the eye. */
export const money = (minor, currency) => currencyFormat(currency).format(minor / 10 ** digits(currency));

/** `45.00 EUR`, for names that are read aloud. */
export const spokenMoney = (minor, currency) => `${(minor / 10 ** digits(currency)).toFixed(digits(currency))} ${currency}`;

export const number = (n) => new Intl.NumberFormat(LANGUAGE).format(n);

export const plural = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

/** The date at the venue: the offset in the text is the venue's, the reader's clock does not matter. */
export function eventDate(text) {
  const wall = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d(?:\.\d+)?)?([+-]\d\d:\d\d)$/.exec(text);
  const date = wall ? new Date(`${wall[1]}:00Z`) : new Date(text);
  const zone = wall ? { timeZone: 'UTC' } : {};
  const part = (options) => new Intl.DateTimeFormat(LANGUAGE, { ...zone, ...options }).format(date);
  return {
    iso: text,
    long: part({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
    time: part({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(wall ? {} : { timeZoneName: 'short' }) }),
    day: part({ day: 'numeric' }),
    month: part({ month: 'short' }),
    weekday: part({ weekday: 'short' }),
  };
}

export const localDateTime = (text) => new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' }).format(new Date(text));

/** `9:05`. */
export function clockTime(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** `about 3 minutes`: as exact as an estimate can be. */
export function roughly(seconds) {
  if (seconds < 10) return 'a few seconds';
  if (seconds < 50) return `about ${Math.ceil(seconds / 10) * 10} seconds`;
  if (seconds < 90) return 'about a minute';
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} minutes`;
  return `about ${Math.round(seconds / 3600)} hours`;
}

export function minutes(seconds) {
  return seconds < 60 ? plural(Math.round(seconds), 'second') : plural(Math.round(seconds / 60), 'minute');
}

/** Seats of one row next to each other are told together: `Stalls, row G, seats 8–9`. */
export function seatNames(seats) {
  const rows = new Map();
  for (const { section, row, label } of seats) {
    const key = `${section}, row ${row}`;
    rows.set(key, [...(rows.get(key) ?? []), label]);
  }
  return [...rows].map(([row, labels]) => `${row}, ${labels.length === 1 ? 'seat' : 'seats'} ${list(labels)}`).join('; ');
}

export function list(words) {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
