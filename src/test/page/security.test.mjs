// Nothing that a model, a tool or a database says may run, load or mislead.
import assert from 'node:assert/strict';
import { ask, ended, holds, open } from './browser.mjs';
import { hostile } from './hostile.mjs';

const ALLOWED_TAGS = new Set(['A', 'B', 'BLOCKQUOTE', 'BR', 'CODE', 'DEL', 'DIV', 'EM', 'H3', 'HR', 'I', 'KBD', 'LI', 'OL', 'P', 'PRE', 'S', 'STRONG', 'SUB', 'SUP', 'TABLE', 'TBODY', 'TD', 'TH', 'THEAD', 'TR', 'UL']);
const ALLOWED_ATTRIBUTES = new Set(['href', 'title', 'target', 'rel', 'align', 'start', 'class', 'role', 'tabindex', 'aria-label']);

/** What of an answer is on the page: its tags, attributes and links. */
const contentOf = (page) => page.locator('.turn').last().locator('.prose').evaluate((prose) => {
  const all = [...prose.querySelectorAll('*')];
  return {
    tags: [...new Set(all.map(({ tagName }) => tagName))],
    attributes: [...new Set(all.flatMap((one) => one.getAttributeNames()))],
    classes: [...new Set(all.map(({ className }) => className).filter(Boolean))],
    links: [...prose.querySelectorAll('a')].map((link) => ({ href: link.getAttribute('href'), rel: link.rel, target: link.target })),
    text: prose.textContent,
  };
});

async function assertHarmless(page, server, seen, { name, mark }) {
  const { tags, attributes, classes, links, text } = await contentOf(page);
  assert.deepEqual(tags.filter((tag) => !ALLOWED_TAGS.has(tag)), [], `${name}: tags`);
  assert.deepEqual(attributes.filter((attribute) => !ALLOWED_ATTRIBUTES.has(attribute)), [], `${name}: attributes`);
  assert.deepEqual(classes.filter((one) => !/^(plain|scroll|level-\d)$/.test(one)), [], `${name}: classes`);
  for (const { href, rel, target } of links) {
    assert.match(href, /^(https?:\/\/|mailto:)/i, `${name}: link`);
    assert.equal(`${target} ${rel}`, '_blank noopener noreferrer nofollow', name);
  }
  assert.ok(text.includes(mark), `${name}: the answer stays readable`);
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined, `${name}: nothing ran`);
  const elsewhere = seen.requests.filter((url) => !url.startsWith(server.base) && !url.startsWith('blob:'));
  assert.deepEqual(elsewhere, [], `${name}: nothing was loaded`);
  assert.equal(seen.dialogs, 0, name);
  const refused = seen.problems.filter((problem) => /Content Security Policy|TrustedHTML|Refused/i.test(problem));
  assert.deepEqual(refused, [], `${name}: the policy had nothing to refuse`);
}

/** Writes down the longest time for which the page neither draws nor listens. */
const watch = (page) => page.addInitScript(() => {
  globalThis.longest = 0;
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration); }).observe({ type: 'longtask' });
});

/** It may stumble over an answer, not freeze. A busy machine is given the time that it takes from the page: as much as it takes from a loop of our own. */
async function assertAlive(page, { isLive = false }) {
  const { longest, share } = await page.evaluate(() => {
    const times = Array.from({ length: 20 }, () => {
      const begin = performance.now();
      for (let index = 0, sum = 0; index < 2_000_000; index += 1) sum += Math.sqrt(index);
      return performance.now() - begin;
    });
    return { longest: globalThis.longest, share: times.reduce((sum, time) => sum + time) / times.length / Math.min(...times) };
  });
  if (longest > 100) console.log(`      longest stand-still: ${longest} ms`);
  // A real agent, its model and its toolbox work on the same cores meanwhile, unevenly.
  assert.ok(longest < (isLive ? 3_000 : 2_000) * share, `the page froze for ${longest} ms, on a machine that is ${share.toFixed(1)} times slower than it could be`);
}

/** What a browser that was never here transfers until the page stands, headers included, by the browser's own count. */
export async function paintsFirst(browser, server) {
  const { page, context } = await open(browser, server.base, { ready: false });
  // What that load has left open ends here, so that nothing of it is counted.
  await page.goto('about:blank');
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  const addresses = new Map();
  const sizes = new Map();
  session.on('Network.requestWillBeSent', ({ requestId, request }) => addresses.set(requestId, new URL(request.url).pathname));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
  await page.goto(server.base);
  await page.locator('#app').waitFor();
  // The Markdown renderer is fetched when the page is idle, after the first paint.
  const needed = () => [...addresses].filter(([, path]) => !/vendor|markdown\.js/.test(path));
  await holds(() => assert.ok(needed().every(([id]) => sizes.has(id)), 'everything is counted'));
  const transferred = needed().reduce((sum, [id]) => sum + sizes.get(id), 0);
  console.log(`      first paint: ${transferred} bytes in ${needed().length} requests`);
  assert.ok(needed().length > 20 && transferred > 20_000, 'everything is counted');
  assert.ok(transferred <= 100_000, `${transferred} bytes`);
  await context.close();
}

export const hostileAnswers = [
  ...hostile.map((answer, index) => [`should_make_harmless_and_keep_readable_${answer.name.replaceAll(' ', '_')}`, async ({ page, server, seen }) => {
    server.state.delay = 0;
    await watch(page);
    await page.reload();
    await ask(page, `hostile answer ${index}`);
    await page.locator('#stop').waitFor({ state: 'hidden', timeout: 60_000 });
    await ended(page);
    await page.waitForFunction(() => document.querySelector('.prose:last-child')?.textContent.length > 0);
    await assertHarmless(page, server, seen, answer);
    await assertAlive(page, server);
    await page.reload();
    await page.locator('.prose').filter({ hasText: answer.mark }).waitFor();
    await assertHarmless(page, server, seen, answer);
    await assertAlive(page, server);
    assert.ok(await page.locator('#composer').isVisible(), 'the page stands');
  }]),
];

export const security = [
  ...hostileAnswers,

  ['should_not_freeze_over_the_pieces_that_came_before_the_renderer', async ({ page, server }) => {
    server.state.delay = 0;
    server.state.isWordy = true;
    await watch(page);
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    await page.route('**/page/markdown.js', async (route) => { await held; await route.continue(); });
    await page.reload();
    await ask(page, `hostile answer ${hostile.findIndex(({ name }) => name === 'nested numbers')}`);
    await page.locator('.plain').filter({ hasText: 'after' }).waitFor();
    release();
    await page.locator('.prose ol').first().waitFor();
    await ended(page);
    await assertAlive(page, server);
  }],

  ['should_draw_a_long_answer_in_steps_and_hide_nothing_meanwhile', async ({ page, server }) => {
    server.state.delay = 0;
    await page.addInitScript(() => {
      globalThis.steps = [];
      addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
        const prose = document.querySelector('.prose');
        if (prose?.querySelector('h3')) globalThis.steps.push([prose.querySelectorAll('h3').length, prose.textContent.includes('The end.')]);
      }).observe(document.body, { childList: true, subtree: true }));
    });
    await ask(page, 'many parts');
    await ended(page);
    await page.reload();
    await holds(async () => assert.equal(await page.locator('.prose h3').count(), 200));
    const steps = await page.evaluate(() => globalThis.steps);
    assert.ok(steps.some(([drawn]) => drawn > 0 && drawn < 200), 'not all at once');
    assert.ok(steps.every(([, isWhole]) => isWhole), 'what is not drawn yet stands there as it came');
    assert.equal(await page.locator('.prose .plain').count(), 0);
  }],

  ['should_turn_images_into_links', async ({ page }) => {
    await ask(page, `hostile answer ${hostile.findIndex(({ name }) => name === 'images')}`);
    await ended(page);
    assert.equal(await page.locator('.prose a').first().getAttribute('href'), 'https://evil.example/pixel.png');
    assert.equal(await page.locator('.prose a[href*="data:"]').count(), 0, 'data: is no address');
    assert.equal(await page.locator('.turn img').count(), 0);
  }],

  ['should_keep_what_markdown_is_for', async ({ page }) => {
    await ask(page, 'long answer');
    await ended(page);
    await page.locator('.prose h3').first().waitFor();
    const { tags, links } = await contentOf(page);
    for (const tag of ['H3', 'STRONG', 'EM', 'CODE', 'OL', 'UL', 'BLOCKQUOTE', 'TABLE', 'PRE', 'A']) assert.ok(tags.includes(tag), tag);
    assert.deepEqual(links.map(({ href }) => href), ['https://example.com/handbook', 'mailto:help@example.com']);
    assert.equal(await page.locator('.prose td').nth(1).evaluate((cell) => getComputedStyle(cell).textAlign), 'right');
  }],

  ['should_show_hidden_characters_of_a_call_that_waits_for_approval', async ({ page }) => {
    await ask(page, 'hidden characters');
    await ended(page);
    assert.equal(await page.locator('.approval .tool-name').textContent(), 'run_\\u{202e}sql');
    assert.equal(await page.locator('.approval dd').first().textContent(), '"DELETE FROM orders WHERE note = \'\\u{202e}abc\\u{200b}\'"');
    assert.equal(await page.locator('.approval dd').nth(1).textContent(), '"<b>x</b>"');
  }],

  ['should_treat_questions_titles_and_arguments_as_text', async ({ page, seen, server }) => {
    await ask(page, '<img src="https://evil.example/q.png" onerror="hacked=1"> and hostile rows');
    await ended(page);
    await page.locator('.tool-call summary').click();
    await page.locator('.rows').waitFor();
    await page.getByRole('button', { name: /^Delete </ }).click();
    assert.ok((await page.locator('#delete-name').textContent()).startsWith('<img'));
    assert.ok((await page.locator('.question').textContent()).startsWith('<img'));
    assert.ok((await page.locator('.arguments').textContent()).includes('<script>alert(1)</script>'));
    assert.equal(await page.evaluate(() => document.querySelectorAll('img, script:not([src])').length), 0);
    assert.deepEqual(seen.requests.filter((url) => !url.startsWith(server.base)), []);
  }],

  ['should_live_under_a_policy_that_forbids_everything_else', async ({ page, seen, server }) => {
    await ask(page, 'Sales by month');
    await ended(page);
    await page.locator('.chart canvas').waitFor();
    await page.locator('.tool-call summary').click();
    await page.locator('.rows').waitFor();
    const response = await page.request.get(server.base);
    assert.match(response.headers()['content-security-policy'] ?? '', /default-src 'none'.*script-src 'self'/);
    const html = await response.text();
    assert.deepEqual(html.match(/<script(?![^>]*\ssrc=)|\son\w+=|<style|\sstyle=|javascript:/gi) ?? [], [], 'nothing inline');
    assert.deepEqual(seen.problems.filter((problem) => !problem.includes('404')), []);
    assert.deepEqual(seen.requests.filter((url) => !url.startsWith(server.base)), []);
    const cookies = await page.context().cookies();
    assert.deepEqual(cookies, []);
  }],

  ['should_paint_first_with_at_most_100_kB', ({ browser, server }) => paintsFirst(browser, server)],
];
