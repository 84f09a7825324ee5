// The checkout of an event on Express and SQLite, one process: as much of
// Ringside's HTTP interface as `ringside-bench checkouts` asks for, done the
// usual way. `node server.mjs DATABASE [PORT]`.
import express from 'express';
import { Refusal, Store } from './store.mjs';

const [path, port = '0'] = process.argv.slice(2);
if (!path) {
  console.error('give the file of the database: node server.mjs DATABASE [PORT]');
  process.exit(2);
}
const store = new Store(path);
setInterval(() => store.expire(), 1000).unref();

const app = express();
app.disable('x-powered-by');
app.set('etag', false);
app.use(express.json());

const time = (millis) => new Date(millis).toISOString();

function describe({ token, event, state, expires_at: end, booking }) {
  const holds = store.basket(token);
  const now = Date.now();
  return {
    token, event, state,
    ...(state === 'admitted' && { expires_at: time(end), seconds_left: Math.max(0, end - now) / 1000 }),
    server_time: time(now), may_extend: false, holds, general: [],
    total: holds.reduce((sum, { price }) => sum + price, 0),
    currency: store.event(event).currency,
    ...(booking && { booking }),
  };
}

function about(event) {
  const { id, name, description, date, venue, currency, session_seconds, max_tickets, version } = event;
  const waiting_room = { admit_per_second: 0, max_active: 0, opens_at: null, order: 'fifo', paused: false };
  return { id, name, description, date, venue, currency, session_seconds, max_tickets, waiting_room, plan_version: String(version), general: [], ...store.numbers(id) };
}

app.post('/events', (request, response) => response.status(201).json(about(store.createEvent(request.body))));
app.get('/events/:id', ({ params }, response) => response.json(about(store.event(params.id))));
app.get('/events/:id/plan', ({ params }, response) => response.type('json').send(store.plan(params.id)));
app.get('/events/:id/seats', (request, response) => {
  // Unchanged: a look at the version is enough.
  const tag = `"${store.event(request.params.id).version}"`;
  if (request.get('if-none-match') === tag) return response.status(304).set('ETag', tag).end();
  return response.set('ETag', tag).json(store.map(request.params.id));
});
app.post('/events/:id/checkouts', ({ params }, response) => response.status(201).json(describe(store.startCheckout(params.id))));
app.get('/checkouts/:token', ({ params }, response) => response.json(describe(store.checkout(params.token))));
app.delete('/checkouts/:token', ({ params }, response) => {
  store.leave(params.token);
  response.status(204).end();
});
app.post('/checkouts/:token/holds', ({ params, body }, response) => response.json(describe(store.hold(params.token, body ?? {}))));
app.post('/checkouts/:token/complete', ({ params, body }, response) => response.json(describe(store.complete(params.token, body ?? {}))));
app.get('/bookings/:reference', ({ params, query }, response) => response.json(store.booking(params.reference, query.token)));

app.use((error, _request, response, _next) => {
  if (!(error instanceof Refusal)) console.error(error);
  const { status = 500, code = 'internal', more = {} } = error;
  response.status(status).type('application/problem+json').send(JSON.stringify({ type: 'about:blank', title: code, status, code, ...more }));
});

const server = app.listen(Number(port), '127.0.0.1', () => console.log(`HTTP on 127.0.0.1:${server.address().port}`));
