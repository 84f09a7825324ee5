// Tells a screen reader what changed, without chatter: texts that come within
// half a second are one message, of one topic only the newest is said, and the
// same words are not repeated for a while.
const GATHER_MS = 500;
const REPEAT_MS = 10_000;

const waiting = new Map();
const said = new Map();
let timer = 0;

export function announce(text, { topic = text } = {}) {
  if (performance.now() - (said.get(text) ?? -REPEAT_MS) < REPEAT_MS) return;
  waiting.delete(topic);
  waiting.set(topic, text);
  if (timer === 0) timer = setTimeout(say, GATHER_MS);
}

function say() {
  timer = 0;
  const region = document.getElementById('announcer');
  const texts = [...waiting.values()];
  waiting.clear();
  const now = performance.now();
  for (const [text, at] of said) if (now - at > REPEAT_MS) said.delete(text);
  for (const text of texts) said.set(text, now);
  region.replaceChildren();
  for (const text of texts) {
    const line = document.createElement('p');
    line.textContent = text;
    region.append(line);
  }
}
