// Every refusal in words that help: what happened, what it means for the buyer,
// what to do next.
import { minutes, plural, seatNames } from './format.js';

const WORDS = {
  offline: ['No connection', 'We could not reach the box office. Check your connection and try again; what you hold stays yours until the clock runs out.'],
  not_admitted: ['Not your turn yet', 'You are still in the waiting room. This page takes you in by itself when it is your turn.'],
  checkout_over: ['Your time is over', 'The seats you held are free for others again, and nothing was charged. Start again to get a new place.'],
  payment_declined: ['The card was declined', 'Nothing was charged, and your seats are still yours until the clock runs out. Check the details or try another card.'],
  nothing_held: ['Your basket is empty', 'Choose at least one seat or ticket, then pay.'],
  already_extended: ['No more time to add', 'The time can be extended once. Your seats stay yours until the clock runs out.'],
  invalid_buyer: ['Please check your details', 'We need a name and a complete e-mail address for the booking.'],
  no_such_event: ['We do not know this event', 'The link may be old or mistyped. All events on sale are on the first page.'],
  no_such_booking: ['We cannot show this booking', 'Open it with the whole link from your confirmation, or in the browser in which you paid.'],
  no_such_checkout: ['This checkout is over', 'We do not know it any more. Start again; nothing was charged.'],
  unauthorized: ['That token is not accepted', 'Use the token the server was started with (--api-token-file).'],
  sold_out: ['Sold out', 'Every ticket is sold or held. Held seats come back when a checkout ends without payment, so look again in a few minutes.'],
  paying: ['Your payment is on its way', 'The basket cannot change while a payment is running. Wait a moment; this page follows it.'],
  status_429: ['That was a little fast', 'The box office asks you to wait a few seconds and try again.'],
  status_503: ['The box office is very busy', 'Your place and your seats are kept. Try again in a few seconds.'],
};

/** `{title, text}` for a problem; `context` knows the event's names and limits. */
export function explain(problem, context = {}) {
  const { body = {} } = problem;
  switch (problem.code) {
    case 'seats_taken': {
      const names = seatNames((body.seats ?? []).map((index) => context.seat?.(index)).filter(Boolean));
      const several = (body.seats ?? []).length > 1;
      return {
        title: several ? 'Those seats have just gone' : 'That seat has just gone',
        text: `Someone else was a moment faster: ${names || 'the seats you chose'}. ${several ? 'None of your choice was held, and nothing' : 'Nothing'} was charged.`,
      };
    }
    case 'not_enough':
      return body.available === undefined
        ? { title: 'Not so many together', text: 'No row has that many free seats next to each other. Try fewer, another section, or pick them one by one.' }
        : { title: 'Not enough left', text: body.available === 0 ? 'These tickets are all sold or held at the moment. Held ones may come back in a few minutes.' : `Only ${plural(body.available, 'ticket')} of this kind ${body.available === 1 ? 'is' : 'are'} left.` };
    case 'too_many':
      return { title: 'That is too many', text: `One order may hold ${plural(body.max_tickets ?? context.maxTickets ?? 8, 'ticket')}. Remove one before you add another.` };
    case 'checkout_over':
      return { title: WORDS.checkout_over[0], text: context.sessionSeconds ? `You had ${minutes(context.sessionSeconds)}. ${WORDS.checkout_over[1]}` : WORDS.checkout_over[1] };
    default: {
      const [title, text] = WORDS[problem.code] ?? WORDS[`status_${problem.status}`] ?? ['That did not work', body.detail ?? 'Try again; if it stays like this, come back in a few minutes. Nothing was charged.'];
      return { title, text };
    }
  }
}
