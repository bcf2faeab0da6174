// A real Chromium, pages that write down what they ask for and complain about, and axe.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const WIDE = { width: 1280, height: 820 };
export const NARROW = { width: 390, height: 844 };

/** How long something may take on a busy machine before it counts as not happening. */
const PATIENCE = 60_000;

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

/** How many times slower than this machine the pages compute: SLOWER=6 shows what hastens past a page that has not drawn yet. */
const SLOWER = Number(process.env.SLOWER ?? 1);

/** A page in a context of its own; `seen` holds its requests, complaints and dialogs. */
export async function open(browser, base, { hash = '', dark = false, viewport = WIDE, ready = true, path = '/', ...more } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce', locale: 'en-US', timezoneId: 'UTC', acceptDownloads: true, ...more });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: base });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  if (SLOWER > 1) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  const seen = { requests: [], problems: [], dialogs: 0 };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('pageerror', (error) => seen.problems.push(String(error)));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && seen.problems.push(message.text()));
  page.on('dialog', (dialog) => { seen.dialogs += 1; dialog.dismiss(); });
  await page.goto(`${base}${path}${hash}`);
  if (ready) await page.locator('body[data-ready]').waitFor();
  return { page, context, seen };
}

export async function ask(page, question) {
  await page.getByLabel('Message', { exact: true }).fill(question);
  await page.keyboard.press('Enter');
}

/** Waits until the answer that runs has ended. */
export async function ended(page) {
  await page.locator('#stop').waitFor({ state: 'hidden' });
  await page.locator('.answer[aria-busy]').waitFor({ state: 'detached' });
}

/** Waits until an assertion about the page holds: what the page does on its own time, such as drawing, is not done when an action is. */
export async function holds(assertion) {
  for (const end = Date.now() + PATIENCE; ;) {
    try {
      return await assertion();
    } catch (error) {
      if (error.code !== 'ERR_ASSERTION' || Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A text on the page, for the eyes: what screen readers are told does not count. */
export const shown = (page, text) => page.getByText(text).and(page.locator(':not(#announcements)')).first();

/** @returns {Promise<string[]>} what axe found; best practices count */
export async function violations(page) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary.split('\n').slice(1, 3).join(' ').trim()}`));
}
