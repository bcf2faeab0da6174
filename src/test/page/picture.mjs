// node picture.mjs [BASE_URL]: takes the README's picture of the page anew.
import { join } from 'node:path';
import { furnish } from './accessibility.test.mjs';
import { ask, ended, launch, open } from './browser.mjs';
import { startServer } from './mock-server.mjs';

const [baseUrl] = process.argv.slice(2);
const server = baseUrl ? { base: baseUrl, close() {} } : await startServer();
if (!baseUrl) furnish(server);
const browser = await launch();
const { page } = await open(browser, server.base, { viewport: { width: 1200, height: 800 }, deviceScaleFactor: 1.5 });
await ask(page, 'Sales by month from 2025-07-01 to 2026-06-30');
await ended(page);
await page.locator('.chart canvas').waitFor();
await page.mouse.move(0, 0);
await page.screenshot({ path: join(import.meta.dirname, '../../../.github/page.png'), animations: 'disabled' });
await browser.close();
await server.close();
