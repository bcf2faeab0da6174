// axe in every state, light and dark, wide and narrow; the pictures stay for people to look at.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ask, ended, open, NARROW, shown, violations, WIDE } from './browser.mjs';

export const PICTURES = join(process.env.PICTURES ?? join(import.meta.dirname, '../../../target/page'));

const asked = (question, then = async () => {}) => async (page) => {
  await ask(page, question);
  await ended(page);
  await then(page);
};

const unfold = async (page) => {
  await page.locator('.turn').last().locator('.tool-call summary').last().click();
  await page.locator('.turn').last().locator('.rows, pre.text, .inside .hint').last().waitFor();
};

const drawn = (page) => page.locator('.turn').last().locator('.chart canvas').waitFor();

const STATES = {
  empty: async () => {},
  answer: asked('Top 5 products in March 2026', drawn),
  chart: asked('Sales by month from 2025-07-01 to 2026-06-30', drawn),
  rows: asked('Show many orders', unfold),
  arguments: asked('Top 5 products in March 2026', async (page) => { await drawn(page); await unfold(page); }),
  approval: asked('Cancel order 1042'),
  'approval-edited': asked('edit me', async (page) => { await page.getByRole('button', { name: 'Edit', exact: true }).click(); await page.getByLabel('amount').fill('10'); await page.getByRole('button', { name: 'Review' }).click(); await page.locator('.asked ins').waitFor(); }),
  'approval-editing': asked('edit me', async (page) => { await page.getByRole('button', { name: 'Edit', exact: true }).click(); await page.getByLabel('amount').fill('ten'); await page.getByRole('button', { name: 'Review' }).click(); }),
  'approval-declining': asked('Cancel order 1042', (page) => page.getByRole('button', { name: 'Decline' }).click()),
  approvals: async (page, server) => { server.state.waiting = ['one', 'two'].map((id) => ({ id, tool: 'refund', arguments: { order_id: 7, amount: 12.5 }, digest: id, expiresAt: new Date(Date.now() + 3e5).toISOString(), askedBy: 'key:alice', approvers: ['group:finance'], ...(id === 'two' ? { conversationId: 'c', callId: 'd' } : {}) })); await page.goto(`${server.base}/#/approvals`); await page.locator('.approval').waitFor(); },
  approved: asked('Cancel order 1042', async (page) => { await page.getByRole('button', { name: 'Approve' }).click(); await shown(page, 'gets a message').waitFor(); await ended(page); }),
  expired: asked('soon expired', (page) => shown(page, 'Nobody decided').waitFor()),
  running: async (page) => { await ask(page, 'Be slow'); await shown(page, 'It takes a while').waitFor(); },
  'tool-running': async (page, server) => { server.state.delay = 1000; await ask(page, 'Show many orders'); await shown(page, 'Running').waitFor(); },
  outcomes: asked('every outcome', unfold),
  error: asked('fail'),
  refused: asked('too many please'),
  long: asked('long answer'),
  notes: async (page) => { for (const question of ['step limit', 'without tools', 'guardrail']) await asked(question)(page); },
  'toolbox-away': async (page, server) => { server.state.toolbox = 'unavailable'; await page.reload(); await page.locator('#banner').waitFor(); },
  offline: async (page) => { await page.context().setOffline(true); await shown(page, 'You are offline').waitFor(); },
  missing: async (page, server) => { await page.goto(`${server.base}/#/c/nothing`); await shown(page, 'There is no such conversation').waitFor(); },
  delete: asked('Sales by month', async (page) => { await menu(page); await page.locator('.delete').first().click(); await page.locator('dialog[open]').waitFor(); }),
  list: asked('Sales by month', async (page) => { await menu(page); await page.getByLabel('Search conversations').fill('nothing like this'); }),
  'sign-in': async (page, server) => { Object.assign(server.state, { signIn: { methods: ['key', 'oidc'], oidc: {} }, keys: [] }); await page.reload(); await page.locator('#sign-in').waitFor(); await page.getByLabel('Access key').fill('wrong'); await page.keyboard.press('Enter'); await shown(page, 'not accepted').waitFor(); },
};

const menu = async (page) => (await page.locator('#menu').isVisible()) && page.locator('#menu').click();

/** A few conversations, so that the list looks lived in. */
export function furnish({ state }) {
  const titles = ['Orders that are late this week', 'Revenue per country, 2025', 'Which boots are out of stock?', 'Latest order of Ada Berg', 'Returns in winter clothing'];
  for (const [index, title] of titles.entries()) {
    const at = new Date(Date.now() - index * 30 * 3_600_000).toISOString();
    state.conversations.set(`past-${index}`, { conversationId: `past-${index}`, title, createdAt: at, updatedAt: at, turns: [], approvals: [] });
  }
}

const SIZES = { wide: WIDE, 390: NARROW };

// A state is reached once a size, and looked at light and dark: the page follows the system's colours while it is open.
export const accessibility = Object.entries(STATES).flatMap(([name, reach]) => Object.entries(SIZES).map(([size, viewport]) => [
  `should_have_no_axe_violation_${`${name}-${size}`.replaceAll('-', '_')}`, async ({ browser, server }) => {
    mkdirSync(PICTURES, { recursive: true });
    server.state.delay = 4;
    furnish(server);
    const { page, context } = await open(browser, server.base, { viewport });
    try {
      await reach(page, server);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await page.waitForFunction((dark) => matchMedia('(prefers-color-scheme: dark)').matches === dark, colorScheme === 'dark');
        await page.screenshot({ path: join(PICTURES, `${name}-${size}-${colorScheme}.png`) });
        assert.deepEqual(await violations(page), [], colorScheme);
      }
    } finally {
      await context.close();
    }
  }, { opens: false }]));
