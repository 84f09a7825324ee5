// Says whether these tests can run here: exit status 0, or 3 and what is missing.
import { existsSync } from 'node:fs';

const missing = [];
if (Number(process.versions.node.split('.')[0]) < 20) missing.push(`node 20 or newer (this is ${process.versions.node})`);
if (!existsSync(new URL('node_modules/playwright-core/package.json', import.meta.url))) missing.push('the packages: npm ci --prefix web/tests');
if (missing.length === 0) {
  const { browser } = await import('./browser.mjs');
  await browser().then((chromium) => chromium.close(), (error) => missing.push(String(error.message).split('\n')[0]));
}
if (missing.length > 0) {
  console.error(`the page's tests need ${missing.join('; ')}`);
  process.exit(3);
}
