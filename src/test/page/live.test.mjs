// Against a running agent: `any` in its dev mode, with its sample shop; the others need models that are scripted for them, see PageIT and PageSignInIT.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ask, ended, holds, open, shown, violations } from './browser.mjs';
import { hostileAnswers, paintsFirst } from './security.test.mjs';

const done = async (page) => {
  await page.locator('#stop').waitFor({ state: 'hidden', timeout: 90_000 });
  await ended(page);
  assert.deepEqual(await page.locator('.turn').last().locator('.problem').allTextContents(), []);
};

const any = [
  ['should_answer_a_question_with_a_tool_and_a_receipt', async ({ page }) => {
    await ask(page, 'top 5 products in March 2026');
    await done(page);
    const turn = page.locator('.turn').last();
    assert.equal(await turn.locator('.badge').first().textContent(), 'Done');
    await turn.locator('.tool-call summary').first().click();
    await turn.locator('.rows tbody tr').first().waitFor();
    assert.equal(await turn.locator('.rows tbody tr').count(), 5);
    assert.ok((await turn.locator('.prose').last().textContent()).trim().length > 0);
    assert.match(await turn.locator('.receipt').textContent(), /\d+ in · \d+ out/);
    assert.deepEqual(await violations(page), []);
  }],

  ['should_draw_a_chart_of_sales_by_month', async ({ page }) => {
    await ask(page, 'sales by month from 2025-07-01 to 2026-06-30');
    await done(page);
    await page.locator('.chart.time canvas').waitFor();
    assert.match(await page.locator('.chart.time').getByRole('img').getAttribute('aria-label'), /2025-07.* to 2026-06/);
    assert.deepEqual(await violations(page), []);
  }],

  ['should_open_the_conversation_again_after_a_reload_and_delete_it', async ({ page }) => {
    await ask(page, 'top 5 products in March 2026');
    await done(page);
    const answer = await page.locator('.turn .prose').last().textContent();
    await page.reload();
    await page.locator('.turn').waitFor();
    await page.waitForFunction((text) => document.querySelector('.turn .prose:last-of-type')?.textContent.includes(text.slice(0, 40)), answer);
    await page.locator('.tool-call summary').first().click();
    await page.locator('.rows tbody tr').first().waitFor();
    await page.locator('#conversations li:has([aria-current])').hover();
    await page.locator('#conversations li:has([aria-current]) .delete').click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await shown(page, 'What would you like to know?').waitFor();
  }],

  ['should_load_nothing_from_elsewhere_and_break_no_policy', async ({ page, seen, server }) => {
    await ask(page, 'sales by month from 2025-07-01 to 2026-06-30');
    await done(page);
    assert.deepEqual(seen.requests.filter((url) => !url.startsWith(server.base) && !url.startsWith('blob:')), []);
    assert.deepEqual(seen.problems.filter((problem) => /policy|refused|Trusted/i.test(problem)), []);
    const policy = (await page.request.get(server.base)).headers()['content-security-policy'] ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self'(;|$)/);
    assert.match(policy, /frame-ancestors 'none'/);
  }],

  ['should_stop_a_running_answer', async ({ page }) => {
    await ask(page, 'sales by month from 2025-07-01 to 2026-06-30');
    await page.keyboard.press('Escape');
    await page.locator('#stop').waitFor({ state: 'hidden' });
    assert.ok(await page.locator('.note, .receipt').first().isVisible(), 'it stopped, or was faster than the key');
  }],
];

const lastTurn = (page) => page.locator('.turn').last();

async function csvOf(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).last().click()]);
  return readFileSync(await download.path(), 'utf8');
}

const scripted = [
  ['should_sort_rows_and_download_them_as_csv', async ({ page }) => {
    await ask(page, 'top 5 products in March 2026');
    await done(page);
    await page.locator('.tool-call summary').last().click();
    const header = page.locator('.rows th').first();
    await header.getByRole('button').click();
    assert.equal(await header.getAttribute('aria-sort'), 'ascending');
    assert.equal((await csvOf(page)).trim().split('\r\n').length, 6);
  }],

  ['should_run_what_was_approved_and_show_it', async ({ page }) => {
    await ask(page, 'set order 42 to cancelled');
    await done(page);
    const card = page.getByRole('group', { name: 'Approval needed' });
    assert.equal(await card.locator('.tool-name').textContent(), 'update_order_status');
    assert.deepEqual((await card.locator('dt').allTextContents()).sort(), ['order_id', 'status']);
    assert.deepEqual((await card.locator('dd').allTextContents()).sort(), ['"cancelled"', '42']);
    assert.deepEqual(await violations(page), []);
    await page.reload();
    await card.getByRole('button', { name: 'Approve' }).click();
    await shown(page, 'That is settled.').waitFor();
    await done(page);
    assert.equal(await page.locator('.tool-call .badge').last().textContent(), 'Done');
    await page.locator('.tool-call summary').last().click();
    await page.locator('.rows td', { hasText: 'cancelled' }).waitFor();
  }],

  ['should_not_run_what_was_declined', async ({ page }) => {
    await ask(page, 'set order 42 to cancelled');
    await done(page);
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.getByRole('button', { name: 'Decline it' }).click();
    await shown(page, 'That is settled.').waitFor();
    await done(page);
    assert.equal(await page.locator('.tool-call .badge').last().textContent(), 'Declined');
  }],

  ['should_stop_by_escape_in_the_middle_of_an_answer', async ({ page }) => {
    await ask(page, 'talk on and on');
    await shown(page, 'It takes a while.').waitFor();
    await page.keyboard.press('Escape');
    await ended(page);
    await shown(page, 'Stopped.').waitFor();
    await ask(page, 'top 5 products in March 2026');
    await done(page);
  }],

  ['should_tell_of_an_error_without_its_cause', async ({ page }) => {
    await ask(page, 'fail');
    await ended(page);
    await page.locator('.problem').waitFor();
    assert.ok(!(await page.locator('.problem').textContent()).includes('4711'));
    assert.ok(await page.getByRole('button', { name: 'Try again' }).isVisible());
    assert.deepEqual(await violations(page), []);
  }],

  ['should_find_a_conversation_and_go_on_with_it', async ({ page }) => {
    await ask(page, 'top 5 products in March 2026');
    await done(page);
    await page.getByRole('button', { name: 'New chat' }).click();
    await page.getByLabel('Search conversations').fill('MARCH products');
    await page.locator('#conversations a').first().click();
    await page.locator('.turn .receipt').waitFor();
    await ask(page, 'talk on and on');
    await shown(page, 'It takes a while.').waitFor();
    await page.keyboard.press('Escape');
    await ended(page);
    assert.equal(await page.locator('.turn').count(), 2);
  }],

  ['should_paint_first_with_at_most_100_kB_transferred', ({ browser, server }) => paintsFirst(browser, server)],
];

const away = [
  ['should_say_that_the_tools_are_away_and_answer_without_them', async ({ page }) => {
    await shown(page, 'The tools can’t be reached right now.').waitFor();
    await ask(page, 'anything');
    await done(page);
    await lastTurn(page).locator('.notice').waitFor();
    assert.deepEqual(await violations(page), []);
  }],
];

const signIn = [
  ['should_take_the_right_key_only', async ({ page }) => {
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByLabel('Access key').fill('a-key-that-nobody-has');
    await page.keyboard.press('Enter');
    await shown(page, 'That key is not accepted.').waitFor();
    await page.getByLabel('Access key').fill(process.env.ACCESS_KEY);
    await page.keyboard.press('Enter');
    await ask(page, 'hello by key');
    await done(page);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem('access-key')), null);
  }],

  ['should_sign_in_at_the_issuer_and_reach_nothing_but_it', async ({ page, seen, server }) => {
    await page.getByRole('button', { name: 'Continue to sign-in' }).click();
    await page.locator('#app').waitFor();
    assert.equal(page.url(), `${server.base}/`, 'the code is out of the address');
    await ask(page, 'hello from a person');
    await done(page);
    await holds(async () => assert.deepEqual(await page.locator('#conversations a').allTextContents(), ['hello from a person'], 'nobody else’s are seen'));
    assert.equal(await page.evaluate(() => sessionStorage.getItem('oidc-state')), null);
    const elsewhere = [...new Set(seen.requests.map((url) => new URL(url)).filter(({ origin }) => origin !== server.base).map(({ origin, pathname }) => origin + pathname))];
    assert.deepEqual(elsewhere, [`${process.env.ISSUER}/authorize`, `${process.env.ISSUER}/token`]);
    const policy = (await page.request.get(server.base)).headers()['content-security-policy'] ?? '';
    assert.ok(policy.includes(`connect-src 'self' ${process.env.ISSUER};`), policy);
  }],

  ['should_refuse_a_code_that_somebody_else_was_given', async ({ browser, server }) => {
    const { page, context, seen } = await open(browser, server.base, { path: '/?code=stolen&state=guessed' });
    await shown(page, 'That sign-in was not begun here.').waitFor();
    assert.ok(!seen.requests.some((url) => url.startsWith(process.env.ISSUER)));
    await context.close();
  }],
];

export const live = { any, flows: [...any, ...scripted], hostile: hostileAnswers, away, 'sign-in': signIn };
