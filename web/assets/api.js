// Speaks HTTP with the server. Whatever goes wrong becomes a `Problem` with the
// server's `code`, or `offline` when no answer came.
const TIMEOUT_MS = 15_000;
const RETRY_AT_MOST_MS = 5_000;

export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail ?? body.title ?? `status ${status}`);
    this.status = status;
    this.code = body.code ?? (status === 0 ? 'offline' : `status_${status}`);
    this.body = body;
  }
}

/**
 * Sends a request. `headers` are added; the answer's JSON is returned, or null
 * when there is none (204, 304). A 429 or 503 that says when to come back is
 * obeyed once, if that is soon.
 */
export async function ask(method, path, body, { headers = {}, timeout = TIMEOUT_MS, patient = true } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { Accept: 'application/json', ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
  } catch {
    throw new Problem(0);
  }
  if (response.ok) return response.status === 204 ? null : response.json().catch(() => { throw new Problem(0); });
  if (response.status === 304) return null;
  const wait = Number(response.headers.get('retry-after')) * 1000;
  if (patient && (response.status === 429 || response.status === 503) && wait > 0 && wait <= RETRY_AT_MOST_MS) {
    await new Promise((resolve) => { setTimeout(resolve, wait); });
    return ask(method, path, body, { headers, timeout, patient: false });
  }
  throw new Problem(response.status, await response.json().catch(() => ({})));
}

export const get = (path, options) => ask('GET', path, undefined, options);
export const post = (path, body = {}, options = undefined) => ask('POST', path, body, options);
export const remove = (path, body = undefined) => ask('DELETE', path, body);
