// node test.mjs [--only WORD] [--part PART] [BASE_URL]: against the mock agent, or a part of the live tests against a running one.
import { launch, open } from './browser.mjs';
import { startServer } from './mock-server.mjs';
import { accessibility } from './accessibility.test.mjs';
import { answers } from './answers.test.mjs';
import { decisions } from './decisions.test.mjs';
import { live } from './live.test.mjs';
import { navigation } from './navigation.test.mjs';
import { security } from './security.test.mjs';
import { signIn } from './sign-in.test.mjs';

const given = process.argv.slice(2);
const only = given[0] === '--only' ? given.splice(0, 2)[1] : '';
const part = given[0] === '--part' ? given.splice(0, 2)[1] : 'any';
const [baseUrl] = given;
const tests = (baseUrl ? live[part] : [...answers, ...decisions, ...navigation, ...signIn, ...security, ...accessibility]).filter(([name]) => name.includes(only));
const key = process.env.ACCESS_KEY;

let passed = 0;
const failed = [];
const started = Date.now();
const browser = await launch();

async function run(one) {
  const [name, test, { opens = true } = {}] = one;
  const begin = Date.now();
  const server = baseUrl ? { base: baseUrl.replace(/\/$/, ''), state: {}, isLive: true, close: () => {} } : await startServer();
  const opened = opens ? await open(browser, server.base).catch((error) => ({ error })) : {};
  try {
    if (opened.error) throw opened.error;
    if (key && part !== 'sign-in' && await opened.page.locator('#sign-in').isVisible()) {
      await opened.page.getByLabel('Access key').fill(key);
      await opened.page.keyboard.press('Enter');
      await opened.page.locator('#app').waitFor();
    }
    await test({ ...opened, browser, server });
    const broken = (opened.seen?.problems ?? []).filter((problem) => !/Failed to load resource|net::ERR/.test(problem));
    if (broken.length) throw new Error(`The page complained: ${broken.join('; ')}`);
    passed += 1;
    console.log(`ok    ${name} (${Date.now() - begin} ms)`);
  } catch (error) {
    failed.push(one);
    console.log(`FAIL  ${name}\n      ${String(error.message ?? error).split('\n').slice(0, 12).join('\n      ')}`);
  } finally {
    await opened.context?.close();
    await server.close();
  }
}

// Most of a test is waiting: two of them share the machine. Against a running agent each test has it for itself.
const waiting = [...tests];
const hands = baseUrl ? 1 : Number(process.env.JOBS ?? 2);
await Promise.all(Array.from({ length: hands }, async () => {
  while (waiting.length) await run(waiting.shift());
}));
// On a busy machine: what failed is tried once more, alone, and counted.
const flaky = process.env.ONCE_MORE && failed.length <= 3 ? failed.splice(0) : [];
for (const one of flaky) await run(one);
await browser.close();
const nothing = passed + failed.length === 0; // a selection that selects nothing has shown nothing
console.log(`${passed} passed, ${failed.length} failed, ${flaky.length} tried once more, in ${Math.round((Date.now() - started) / 1000)} s`);
process.exit(failed.length || nothing ? 1 : 0);
