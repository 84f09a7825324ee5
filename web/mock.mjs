// A stand-in for the server, for working on the page and testing it without
// Rust: `node web/mock.mjs [port]`. Plain node, no packages. Besides the real
// routes it has POST /mock/clock {"advance_seconds": 60}, which moves time, and
// POST /mock/fail {"path": "...", "times": 1}, which breaks the connection.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BoxOffice, Refusal } from './mock/box-office.mjs';
import { adminView, steer } from './mock/operator.mjs';
import { open } from './mock/demo.mjs';
import { pattern } from './mock/pattern.mjs';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml' };
const PAGES = [[/^\/$/, 'index.html'], [/^\/e\/[^/]+$/, 'event.html'], [/^\/b\/[^/]+$/, 'booking.html'], [/^\/admin$/, 'admin.html']];
const ADMIN_TOKEN = process.env.API_TOKEN ?? 'operator';

export function start(port = 0, { demo = true } = {}) {
  const office = new BoxOffice();
  const watchers = new Set();
  let failures = [];
  if (demo) open(office);

  office.tell = (event, kind, data, token) => {
    for (const watcher of watchers) {
      if (watcher.event !== event || (token && watcher.token !== token)) continue;
      if (kind === 'checkout') watcher.send('checkout', office.describe(office.checkouts.get(token)));
      else watcher.send(kind, data, data.version);
    }
  };
  const heartbeat = setInterval(() => {
    office.tick();
    for (const watcher of watchers) watcher.beat();
  }, 250);

  const routes = [
    ['GET', /^\/events$/, () => [200, { events: [...office.events.values()].map((event) => summary(office, event)) }]],
    ['POST', /^\/events$/, (_, body) => [201, whole(office, office.createEvent(body))]],
    ['GET', /^\/events\/([^/]+)$/, ([id]) => [200, whole(office, office.event(id))]],
    ['GET', /^\/events\/([^/]+)\/plan$/, ([id]) => [200, office.event(id).plan, { 'Cache-Control': 'public, max-age=31536000, immutable' }]],
    ['GET', /^\/events\/([^/]+)\/seats$/, ([id]) => [200, states(office.event(id))]],
    ['POST', /^\/events\/([^/]+)\/checkouts$/, ([id], body) => [201, office.describe(office.join(office.event(id), body.token))]],
    ['GET', /^\/checkouts\/([^/]+)$/, ([token]) => [200, office.describe(office.checkout(token))]],
    ['DELETE', /^\/checkouts\/([^/]+)$/, ([token]) => { office.leave(office.checkout(token)); return [204]; }],
    ['POST', /^\/checkouts\/([^/]+)\/(extend|holds|complete)$/, ([token, verb], body) => {
      const checkout = office.checkout(token);
      office.tick();
      ({ extend: () => office.extend(checkout), holds: () => office.hold(checkout, body), complete: () => office.complete(checkout, body) })[verb]();
      return [200, office.describe(checkout)];
    }],
    ['DELETE', /^\/checkouts\/([^/]+)\/holds$/, ([token], body) => {
      const checkout = office.checkout(token);
      office.release(checkout, body);
      return [200, office.describe(checkout)];
    }],
    ['GET', /^\/bookings\/([^/]+?)(\/qr\.svg)?$/, ([reference, qr], _, request) => {
      const booking = office.bookings.get(reference);
      if (!booking || (booking.token !== request.query.get('token') && !operator(request))) throw new Refusal(404, 'no_such_booking', 'There is no booking with this reference for you.');
      const { token, ...rest } = booking;
      return qr ? [200, pattern(reference), { 'Content-Type': 'image/svg+xml' }] : [200, rest];
    }],
    ['GET', /^\/admin\/events$/, (_, __, request) => { mustOperate(request); return [200, adminView(office)]; }],
    ['POST', /^\/admin\/events\/([^/]+)\/waiting-room$/, ([id], body, request) => { mustOperate(request); steer(office, office.event(id), body); return [200, adminView(office).events.find((event) => event.id === id)]; }],
    ['POST', /^\/mock\/clock$/, (_, { advance_seconds: seconds }) => { office.offset += seconds * 1000; office.tick(); return [200, { server_time: office.time() }]; }],
    ['POST', /^\/mock\/fail$/, (_, failure) => { failures.push(failure); return [204]; }],
  ];

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://mock');
    request.query = url.searchParams;
    const failure = failures.find(({ path, times }) => times > 0 && url.pathname.endsWith(path));
    if (failure) { failure.times -= 1; request.socket.destroy(); return; }
    try {
      const live = request.method === 'GET' && /^\/events\/([^/]+)\/live$/.exec(url.pathname);
      if (live) { watch(office, watchers, office.event(live[1]), request, response); return; }
      for (const [method, path, answer] of routes) {
        const match = method === request.method && path.exec(url.pathname);
        if (match) { reply(request, response, ...answer(match.slice(1), await bodyOf(request), request)); return; }
      }
      await serveFile(url.pathname, response);
    } catch (error) { refuse(response, error); }
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => {
    const close = () => { clearInterval(heartbeat); server.close(); server.closeAllConnections(); };
    resolve({ url: `http://127.0.0.1:${server.address().port}`, office, close });
  }));
}

const operator = (request) => request.headers.authorization === `Bearer ${ADMIN_TOKEN}`;
function mustOperate(request) {
  if (!operator(request)) throw new Refusal(401, 'unauthorized', 'This needs the token of the operator.');
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length ? JSON.parse(Buffer.concat(chunks)) : {};
}

function reply(request, response, status, body, headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const tag = body?.version ? `"${body.version}"` : undefined;
  if (tag && request.headers['if-none-match'] === tag) { response.writeHead(304, { ETag: tag }).end(); return; }
  response.writeHead(status, { 'Content-Type': 'application/json', ...(tag && { ETag: tag }), ...headers }).end(body === undefined ? undefined : text);
}

function refuse(response, error) {
  if (!(error instanceof Refusal)) console.error(error);
  const { status = 500, code = 'internal', detail = 'The stand-in failed.', more = {} } = error;
  response.writeHead(status, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify({ type: 'about:blank', title: code.replaceAll('_', ' '), status, detail, code, ...more }));
}

function summary(office, event) {
  const free = event.seats.filter(({ state }) => state === '.').length + event.general.reduce((sum, { available }) => sum + available, 0);
  const capacity = event.seats.length + event.general.reduce((sum, { allocation }) => sum + allocation, 0);
  const prices = [...event.plan.sections, ...event.general].map(({ price }) => price);
  const upcoming = event.room.opens_at && office.now() < Date.parse(event.room.opens_at);
  const state = upcoming ? 'upcoming' : free === 0 ? 'sold_out' : event.room.paused ? 'paused' : 'open';
  const { id, name, date, venue, currency } = event;
  return { id, name, date, venue, currency, state, available: free, capacity, from_price: Math.min(...prices) };
}

function whole(office, event) {
  const { description, room, session_seconds, max_tickets, general, queue } = event;
  return {
    ...summary(office, event), description, session_seconds, max_tickets, queue_length: queue.length,
    general: general.map(({ id, name, price, available }) => ({ id, name, price, available })),
    waiting_room: { ...room, absence_seconds: 120 }, payment: 'test', plan_version: '1',
  };
}

function states(event) {
  let index = 0;
  const rows = event.plan.sections.flatMap((section) => section.rows.map((row) => row.seats.map(() => event.seats[index++].state).join('')));
  return { version: event.version, rows };
}

function watch(office, watchers, event, request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const token = request.query.get('checkout') ?? undefined;
  const send = (kind, data, id) => response.write(`${id ? `id: ${id}\n` : ''}event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
  let place;
  const beat = () => {
    const checkout = office.checkouts.get(token);
    if (checkout?.state !== 'queued') return;
    checkout.seen = office.now();
    const { position, wait_seconds: seconds } = office.describe(checkout);
    if (position !== place) send('queue', { position, wait_seconds: seconds });
    place = position;
  };
  const since = Number(request.headers['last-event-id'] ?? request.query.get('since') ?? 0);
  const missed = event.changes.filter(({ version }) => version > since);
  if (since === event.version) response.write(':\n\n');
  else if (since > 0 && missed[0]?.version === since + 1) for (const change of missed) send('seats', change, change.version);
  else send('reset', { version: event.version }, event.version);
  if (office.checkouts.has(token)) send('checkout', office.describe(office.checkout(token)));
  const watcher = { event, token, send, beat };
  watchers.add(watcher);
  request.on('close', () => watchers.delete(watcher));
}

async function serveFile(path, response) {
  const page = PAGES.find(([pattern]) => pattern.test(path))?.[1];
  const file = page ?? normalize(path).replace(/^\/assets\/[^/]+\//, 'assets/');
  if (!page && !file.startsWith('assets/')) throw new Refusal(404, 'not_found', 'There is nothing here.');
  const content = await readFile(join(ROOT, file)).catch(() => { throw new Refusal(404, 'not_found', 'There is no such file.'); });
  response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-cache' }).end(content);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await start(Number(process.argv[2] ?? 8080));
  console.log(`The stand-in serves on ${url}; its operator's token is ${ADMIN_TOKEN}`);
}
