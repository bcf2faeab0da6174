// The list of conversations, keys, screen readers, small screens, light and dark.
import assert from 'node:assert/strict';
import { ask, ended, holds, open, NARROW, shown, violations } from './browser.mjs';

const path = (page) => new URL(page.url()).hash;

const lists = (page, titles) => holds(async () => assert.deepEqual(await page.locator('#conversations a').allTextContents(), titles));

export const navigation = [
  ['should_open_a_conversation_by_its_address_and_after_a_reload', async ({ page, context, server }) => {
    await ask(page, 'Top 5 products in March 2026');
    await ended(page);
    const hash = path(page);
    await page.reload();
    await shown(page, 'The tent earns more').waitFor();
    await page.locator('.chart canvas').waitFor();
    assert.equal(await page.locator('.question').textContent(), 'Top 5 products in March 2026');
    const other = await context.newPage();
    await other.goto(`${server.base}/${hash}`);
    await shown(other, 'The tent earns more').waitFor();
    await other.goto(`${server.base}/#/c/nothing`);
    await shown(other, 'There is no such conversation').waitFor();
    await other.getByRole('button', { name: 'New chat' }).last().click();
    await shown(other, 'What would you like to know?').waitFor();
  }],

  ['should_go_back_and_forth_with_the_browser', async ({ page }) => {
    await ask(page, 'first question');
    await ended(page);
    await page.getByRole('button', { name: 'New chat' }).click();
    await ask(page, 'second question');
    await ended(page);
    await page.getByRole('link', { name: 'first question' }).click();
    await shown(page, 'You asked: first question').waitFor();
    await page.goBack();
    await shown(page, 'You asked: second question').waitFor();
  }],

  ['should_let_an_answer_go_on_while_another_conversation_is_open', async ({ page, server }) => {
    server.state.holdAfter = 'The year made';
    await ask(page, 'Sales by month');
    await shown(page, 'The year made').waitFor();
    await page.getByRole('button', { name: 'New chat' }).click();
    await shown(page, 'What would you like to know?').waitFor();
    await page.locator('#conversations li.running').waitFor();
    server.state.holdAfter = null;
    await page.locator('#conversations li.running').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Sales by month' }).click();
    await shown(page, 'recovered by March').waitFor();
  }],

  ['should_search_and_delete_conversations', async ({ page, server }) => {
    for (const question of ['apples and pears', 'oranges', 'pears only']) {
      await page.getByRole('button', { name: 'New chat' }).click();
      await ask(page, question);
      await ended(page);
    }
    await page.keyboard.press('Control+k');
    await page.keyboard.type('PEARS');
    await lists(page, ['pears only', 'apples and pears']);
    await page.getByLabel('Search conversations').fill('nothing at all');
    await shown(page, 'No conversation has these words').waitFor();
    await page.keyboard.press('Escape');
    await lists(page, ['pears only', 'oranges', 'apples and pears']);
    await page.getByRole('button', { name: 'Delete oranges' }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    assert.equal(server.state.conversations.size, 3);
    await page.getByRole('button', { name: 'Delete pears only' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await shown(page, 'What would you like to know?').waitFor();
    assert.equal(server.state.conversations.size, 2);
    assert.equal(path(page), '');
    await lists(page, ['oranges', 'apples and pears']);
  }],

  ['should_show_the_newest_list_even_if_an_older_one_comes_later', async ({ page }) => {
    const waiting = [];
    await page.route('**/chat', (route) => (route.request().method() === 'GET' ? waiting.push(route) : route.continue()));
    await ask(page, 'apples');
    await ended(page);
    await holds(() => assert.equal(waiting.length, 1));
    const [older] = waiting;
    const past = await older.fetch();
    await ask(page, 'What about pears?');
    await ended(page);
    await page.getByRole('button', { name: 'New chat' }).click();
    await ask(page, 'oranges');
    await ended(page);
    await holds(() => assert.equal(waiting.length, 3));
    await waiting[2].continue();
    await lists(page, ['oranges', 'apples']);
    const answered = page.waitForResponse((response) => response.request() === older.request());
    await older.fulfill({ response: past });
    await (await answered).finished();
    await page.evaluate(() => new Promise(requestAnimationFrame)); // the page has taken it
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    await lists(page, ['oranges', 'apples']);
    assert.deepEqual(await page.locator('#conversations a').allTextContents(), ['oranges', 'apples']);
  }],

  ['should_copy_an_answer_as_markdown', async ({ page }) => {
    await ask(page, 'Sales by month');
    await ended(page);
    await page.getByRole('button', { name: 'Copy answer' }).click();
    await shown(page, 'Copied').waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^The year made \*\*\$116,002\.80\*\*/);
  }],

  ['should_work_by_keyboard_alone', async ({ page }) => {
    const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
    assert.equal(await focused(), 'message');
    await page.keyboard.type('line one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('line two');
    assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), 'line one\nline two');
    await page.keyboard.press('Enter');
    await ended(page);
    assert.equal(await focused(), 'message');
    await page.keyboard.type('Be slow');
    await page.keyboard.press('Enter');
    await shown(page, 'It takes a while.').waitFor();
    await page.keyboard.press('Escape');
    await shown(page, 'Stopped.').waitFor();
    await page.keyboard.press('Alt+n');
    await shown(page, 'What would you like to know?').waitFor();
    await page.keyboard.type('Cancel order 1042');
    await page.keyboard.press('Enter');
    await ended(page);
    for (let presses = 0; presses < 20 && !(await focused()).includes('Approve'); presses += 1) await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await shown(page, 'gets a message').waitFor();
    await ended(page);
    for (let presses = 0; presses < 30 && !(await focused()).startsWith('get_order'); presses += 1) await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.locator('.rows').first().waitFor();
    await page.locator('.rows th button').first().focus();
    await page.keyboard.press('Space');
    assert.equal(await page.locator('.rows th').first().getAttribute('aria-sort'), 'ascending');
  }],

  ['should_offer_a_way_past_the_list_and_tell_screen_readers_once', async ({ page }) => {
    await page.evaluate(() => {
      globalThis.said = [];
      new MutationObserver(() => globalThis.said.push(document.getElementById('announcements').textContent)).observe(document.getElementById('announcements'), { childList: true, characterData: true, subtree: true });
    });
    await page.locator('#skip').focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'message');
    await ask(page, 'Sales by month');
    await ended(page);
    const said = await page.evaluate(() => globalThis.said);
    assert.deepEqual(said.map((one) => one.slice(0, 21)), ['Calling sales_by_peri', 'Answer: The year made']);
  }],

  ['should_follow_the_system_and_the_switch_between_light_and_dark', async ({ page }) => {
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const becomes = (color) => page.waitForFunction((right) => getComputedStyle(document.body).backgroundColor === right, color);
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction((before) => getComputedStyle(document.body).backgroundColor !== before, light);
    const dark = await background();
    const button = page.getByRole('button', { name: /^Appearance/ });
    await button.click();
    await becomes(light);
    assert.equal(await button.getAttribute('aria-label'), 'Appearance: light');
    await page.reload();
    await becomes(light);
    await button.click();
    await page.emulateMedia({ colorScheme: 'light' });
    await becomes(dark);
    assert.equal(await button.getAttribute('aria-label'), 'Appearance: dark');
  }],

  ['should_fit_a_phone', async ({ browser, server }) => {
    const { page, context } = await open(browser, server.base, { viewport: NARROW, hasTouch: true, isMobile: true });
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    for (const question of ['long answer', 'Show many orders', 'Cancel order 1042', 'Top 5 products', 'fail']) {
      await ask(page, question);
      await ended(page);
      if (await page.locator('.turn').last().locator('summary').count()) {
        await page.locator('.turn').last().locator('summary').first().click();
        await page.locator('.turn').last().locator('.rows').first().waitFor(); // what is not drawn yet fits everywhere
      }
      assert.ok(await overflow() <= 0, question);
      const widths = await page.locator('.turn').last().evaluate((turn) => [turn.scrollWidth, turn.clientWidth]);
      assert.ok(widths[0] <= widths[1] + 1, `${question}: ${widths}`);
    }
    assert.ok(await page.locator('#sidebar').evaluate((bar) => bar.inert), 'what is out of sight can’t be reached');
    await page.getByRole('button', { name: 'Conversations' }).click();
    await page.getByRole('link', { name: 'long answer' }).waitFor();
    assert.ok(await page.locator('#main').evaluate((main) => main.inert));
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'menu');
    await context.close();
  }],

  ['should_keep_a_draft_over_a_reload', async ({ page }) => {
    await page.getByLabel('Message', { exact: true }).fill('not yet sent');
    await page.reload();
    await page.locator('body[data-ready]').waitFor();
    assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), 'not yet sent');
  }],

  ['should_keep_a_question_in_sight_while_its_answer_fills_the_screen', async ({ page, server }) => {
    server.state.isWordy = true;
    const offset = () => page.evaluate(() => document.querySelector('.turn:last-child .question').getBoundingClientRect().top - document.getElementById('transcript').getBoundingClientRect().top);
    await ask(page, 'hello');
    await ended(page);
    for (const question of ['long answer', 'long answer again']) {
      await ask(page, question);
      await ended(page);
      await page.getByRole('button', { name: 'Go to the latest' }).waitFor();
      await holds(async () => assert.ok(Math.abs(await offset() - 16) < 3, `the question is at ${await offset()}`));
    }
  }],

  ['should_show_what_the_deployment_says_or_the_tools_of_the_caller', async ({ page, server }) => {
    await holds(async () => assert.deepEqual(await page.locator('#examples button').allTextContents(), ['Top productsBegin a question', 'Cancel orderWaits for an approval']));
    await page.getByRole('button', { name: 'Top products' }).click();
    assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), 'Top products: ');
    server.state.signIn = { methods: ['none'], page: { name: 'Ask the shop', mark: 'ÅS', welcome: 'Hei! <b>Spør</b>', examples: ['Best sellers: Top 5 products: March', 'Is it 12:30 already?'] } };
    await page.reload();
    await page.locator('body[data-ready]').waitFor();
    assert.equal(await page.title(), 'Ask the shop');
    assert.deepEqual(await page.locator('#welcome-title, .brand span').allTextContents(), ['ÅS', 'Ask the shop', 'Hei! <b>Spør</b>']);
    assert.deepEqual(await page.locator('#examples button').allTextContents(), ['Best sellersTop 5 products: March', 'Is it 12:30 already?']);
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: 'Best sellers' }).click();
    await shown(page, 'You asked: Top 5 products: March').or(page.locator('.tool-call')).first().waitFor();
  }],

  ['should_tell_the_keys', async ({ page }) => {
    await page.getByLabel('Message', { exact: true }).fill('why');
    await page.keyboard.press('?');
    assert.ok(await page.locator('#keys-dialog').isHidden(), 'it is a character there');
    await page.locator('#transcript').focus();
    await page.keyboard.press('?');
    await page.locator('#keys-dialog').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press('Escape');
    await page.locator('#keys-dialog').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Keyboard help' }).click();
    await page.locator('#keys-dialog').waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.locator('#keys-dialog').waitFor({ state: 'hidden' });
  }],

  ['should_stay_at_the_end_unless_the_reader_goes_up', async ({ page, server }) => {
    const rest = () => page.locator('#transcript').evaluate((place) => place.scrollHeight - place.scrollTop - place.clientHeight);
    server.state.delay = 25;
    await ask(page, 'Be slow');
    await page.getByRole('button', { name: 'Go to the latest' }).click();
    const grown = (by) => page.evaluate((more) => document.querySelector('.turn:last-child .prose').textContent.length + more, by).then((length) => page.waitForFunction((least) => document.querySelector('.turn:last-child .prose').textContent.length > least, length));
    await grown(300);
    await holds(async () => assert.ok(await rest() < 80, 'the end is followed'));
    await page.locator('#transcript').hover();
    await page.mouse.wheel(0, -900);
    await page.getByRole('button', { name: 'Go to the latest' }).waitFor();
    const before = await rest();
    await grown(300);
    assert.ok(await rest() >= before, 'the reader is left where they are');
    await page.getByRole('button', { name: 'Go to the latest' }).click();
    await holds(async () => assert.ok(await rest() < 80));
    await page.keyboard.press('Escape');
  }],
];
