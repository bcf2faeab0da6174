// Who may use the page, and what it keeps of them.
import assert from 'node:assert/strict';
import { ask, ended, open, shown, violations } from './browser.mjs';
import { startServer } from './mock-server.mjs';

const KEY = { methods: ['key'] };

async function withServer(options, test) {
  const server = await startServer(options);
  try {
    return await test(server);
  } finally {
    await server.close();
  }
}

/** An agent with a provider on another origin, as in production. */
const withProvider = (test, more = {}) => withServer({}, (provider) => withServer({}, async (server) => {
  const { base } = provider;
  server.state.signIn = { methods: ['key', 'oidc'], oidc: { issuer: base, clientId: 'page', authorizationEndpoint: `${base}/idp/authorize`, tokenEndpoint: `${base}/idp/token`, scopes: ['openid', 'agent'] } };
  server.state.connect = base;
  Object.assign(provider.state, { signIn: server.state.signIn, tokens: server.state.tokens, allowed: server.base }, more);
  return test(server, provider);
}));

export const signIn = [
  ['should_let_a_developer_ask_as_one_of_two_people', ({ browser }) => withServer({ signIn: { methods: ['none'], people: [{ key: 'hugo', name: 'Hugo Moen' }, { key: 'jonas', name: 'Jonas Nilsson' }] } }, async (server) => {
    const { page, context } = await open(browser, server.base);
    const asked = (path) => server.state.requests.filter((request) => request.path === path).at(-1).headers.authorization;
    await ask(page, 'hello');
    await ended(page);
    assert.equal(asked('/chat'), undefined, 'nobody in particular');
    await page.getByLabel('Ask as').selectOption('Jonas Nilsson');
    await page.waitForURL(`${server.base}/`);
    await page.locator('#welcome').waitFor();
    await ask(page, 'show my orders');
    await ended(page);
    assert.equal(asked('/chat'), 'Bearer jonas');
    assert.equal(await page.getByLabel('Ask as').inputValue(), 'jonas');
    assert.ok(await page.getByRole('button', { name: 'Sign out' }).isHidden());
    assert.deepEqual(await violations(page), []);
    await page.getByLabel('Ask as').selectOption('nobody in particular');
    await page.waitForURL(`${server.base}/`);
    await page.locator('#welcome').waitFor();
    await ask(page, 'hello');
    await ended(page);
    assert.equal(asked('/chat'), undefined);
    await context.close();
  }), { opens: false }],

  ['should_ask_for_a_key_and_keep_it_in_the_tab_only', ({ browser }) => withServer({ signIn: KEY, keys: ['right-key'] }, async (server) => {
    const { page, context } = await open(browser, server.base);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'key');
    assert.equal(await page.getByLabel('Access key').getAttribute('type'), 'password');
    await page.getByLabel('Access key').fill('wrong-key');
    await page.keyboard.press('Enter');
    await shown(page, 'That key is not accepted.').waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem('access-key')), null);
    await page.getByLabel('Access key').fill('right-key');
    await page.keyboard.press('Enter');
    await ask(page, 'hello');
    await shown(page, 'You asked: hello').waitFor();
    assert.ok(server.state.requests.filter(({ path }) => path.startsWith('/chat')).every(({ headers }) => headers.authorization));
    assert.equal(await page.evaluate(() => JSON.stringify([{ ...localStorage }, document.cookie])), '[{},""]');
    assert.ok(!page.url().includes('right-key'));
    const other = await context.newPage();
    await other.goto(server.base);
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await context.close();
  })],

  ['should_ask_again_when_the_key_is_withdrawn_and_keep_the_draft', ({ browser }) => withServer({ signIn: KEY, keys: ['right-key'] }, async (server) => {
    const { page, context } = await open(browser, server.base);
    await page.getByLabel('Access key').fill('right-key');
    await page.keyboard.press('Enter');
    await ask(page, 'hello');
    await ended(page);
    server.state.keys.length = 0;
    await ask(page, 'and again');
    await shown(page, 'Please sign in again').waitFor();
    server.state.keys.push('new-key');
    await page.getByLabel('Access key').fill('new-key');
    await page.keyboard.press('Enter');
    await page.locator('#app').waitFor();
    assert.ok(await page.locator('.question', { hasText: 'and again' }).isVisible());
    await page.getByRole('button', { name: 'Try again' }).click();
    await shown(page, 'You asked: and again').waitFor();
    await ended(page);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem('access-key')), null);
    assert.equal(await page.locator('#conversations a').count(), 0, 'nothing of the last user stays');
    await context.close();
  })],

  ['should_sign_in_at_the_provider_and_return_to_the_same_address', ({ browser }) => withProvider(async (server) => {
    const { page, context, seen } = await open(browser, server.base, { hash: '#/c/some-conversation' });
    await page.getByRole('button', { name: 'Continue to sign-in' }).click();
    await shown(page, 'There is no such conversation').waitFor();
    assert.equal(page.url(), `${server.base}/#/c/some-conversation`, 'the code is out of the address');
    await page.locator('.problem').getByRole('button', { name: 'New chat' }).click();
    await ask(page, 'hello');
    await shown(page, 'You asked: hello').waitFor();
    const sent = new URL(seen.requests.find((url) => url.includes('/idp/authorize'))).searchParams;
    assert.equal(sent.get('code_challenge_method'), 'S256');
    assert.equal(sent.get('scope'), 'openid agent');
    assert.equal(await page.evaluate(() => sessionStorage.getItem('oidc-state')), null);
    await context.close();
  })],

  ['should_refuse_a_sign_in_that_was_not_begun_here', ({ browser }) => withProvider(async (server) => {
    const { page, context, seen } = await open(browser, server.base, { path: '/?code=stolen&state=guessed' });
    await shown(page, 'That sign-in was not begun here.').waitFor();
    assert.ok(!seen.requests.some((url) => url.includes('/idp/token')), 'no code is exchanged');
    assert.equal(new URL(page.url()).search, '');
    await context.close();
  })],

  ['should_tell_when_the_provider_says_no', ({ browser }) => withProvider(async (server) => {
    const { page, context } = await open(browser, server.base);
    await page.getByRole('button', { name: 'Continue to sign-in' }).click();
    await shown(page, 'You said no.').waitFor();
    await context.close();
  }, { denies: true })],

  ['should_renew_a_token_before_it_ends_and_only_once', ({ browser }) => withProvider(async (server, provider) => {
    const { page, context } = await open(browser, server.base);
    await page.getByRole('button', { name: 'Continue to sign-in' }).click();
    await page.locator('#app').waitFor();
    provider.state.tokenSeconds = 3600;
    await page.evaluate(() => {
      const tokens = JSON.parse(sessionStorage.getItem('oidc-tokens'));
      sessionStorage.setItem('oidc-tokens', JSON.stringify({ ...tokens, expiresAt: Date.now() + 1000 }));
    });
    const before = provider.state.requests.filter(({ path, method }) => path === '/idp/token' && method === 'POST').length;
    await ask(page, 'hello');
    await shown(page, 'You asked: hello').waitFor();
    await ended(page);
    assert.equal(provider.state.requests.filter(({ path, method }) => path === '/idp/token' && method === 'POST').length, before + 1);
    await context.close();
  })],
];
