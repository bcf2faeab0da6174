// Dev mode's page of the last turns, in a real Chromium:  node turns.mjs BASE_URL  where a turn with a tool has been answered
import { launch, open, violations } from './browser.mjs';

const base = process.argv[2];
const browser = await launch();
try {
  const { page, seen } = await open(browser, base, { path: '/q/turns', ready: false });
  const newest = page.locator('article').first();
  await newest.waitFor();
  const asked = await fetch(`${base}/chat`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ message: 'What did customer 7 order?' }) });
  const trace = asked.headers.get('x-trace-id');
  const receipt = (await asked.json()).receipt;
  const turn = page.locator(`article[data-trace="${trace}"]`);
  await turn.waitFor();
  const names = await turn.locator('li .name').allTextContents();
  const bars = await turn.locator('.bar').evaluateAll((all) => all.map((bar) => [bar.getBoundingClientRect().left, bar.getBoundingClientRect().right]));
  const lane = await turn.locator('.lane').first().evaluate((one) => [one.getBoundingClientRect().left, one.getBoundingClientRect().right]);
  const facts = await turn.locator('.facts').textContent();
  const checks = {
    'the waterfall has model, tool, model': names.length >= 3 && names[0].startsWith('chat ') && names[1].startsWith('execute_tool ') && names.at(-1).startsWith('chat '),
    'each bar lies in its lane, and begins no earlier than the one before': bars.every(([left, right], i) => left >= lane[0] - 1 && right <= lane[1] + 3 && (i === 0 || left >= bars[i - 1][0])),
    'it says what the receipt says': facts.includes(`$${receipt.dollars.toFixed(6)}`) && facts.includes(`${receipt.outputTokens} tokens`),
    'it names the trace of the answer': facts.includes(trace),
    'nothing is asked elsewhere and nothing complained about': seen.problems.length === 0 && seen.requests.every((url) => url.startsWith(base)),
    'axe finds nothing': (await violations(page)).length === 0,
  };
  for (const [what, holds] of Object.entries(checks)) console.log(`${holds ? 'ok   ' : 'FAIL '} ${what}${holds ? '' : `: ${JSON.stringify({ names, bars, lane, facts, seen: seen.problems, axe: await violations(page) })}`}`);
  process.exitCode = Object.values(checks).every(Boolean) ? 0 : 1;
} finally {
  await browser.close();
}
