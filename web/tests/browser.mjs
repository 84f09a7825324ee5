// Chromium, and the server to look at: BASE_URL, or the stand-in when it is not
// set. With BASE_URL, API_TOKEN is the operator's token (empty: none is needed).
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { start } from '../mock.mjs';

const CANDIDATES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function browser() {
  const executablePath = CANDIDATES.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('no Chromium found: install it (apt install chromium) or name it in CHROMIUM');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/**
 * The site under test: `url`, `createEvent(spec)`, `pass(seconds)` which lets time
 * go by (the stand-in's clock is moved, a real server is waited for), `isReal`.
 */
export async function site({ demo = false } = {}) {
  const real = process.env.BASE_URL?.replace(/\/$/, '');
  const token = real ? process.env.API_TOKEN ?? '' : 'operator';
  const stand = real ? null : await start(0, { demo });
  const url = real ?? stand.url;
  const send = async (path, body) => {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
  return {
    url, token, isReal: Boolean(real), office: stand?.office,
    send,
    createEvent: (spec) => send('/events', { date: '2031-05-01T20:00:00+02:00', currency: 'EUR', venue: 'Test Hall', description: 'A test.', ...spec }),
    pass: (seconds) => (real ? new Promise((resolve) => { setTimeout(resolve, seconds * 1000); }) : send('/mock/clock', { advance_seconds: seconds })),
    close: () => stand?.close(),
  };
}
