/** The small parts around an answer: what it cost, what went wrong, what one can do with it. */
import { h, icon, announce } from './dom.js';
import { clock, count, dollars, duration, integer, modelName } from './format.js';

const NOTES = {
  cancelled: 'Stopped.',
  step_limit: 'The answer stopped here: it took as many steps as one question may take. Ask a narrower question to go on.',
  max_tokens: 'The answer stopped here: it reached the longest length. Ask to go on.',
  guardrail: 'A guardrail ended this answer.',
  declined: 'The model declined to answer this question.',
  malformed: 'What the model wrote could not be used. Ask again, or in other words.',
};

/** @returns {?Element} null for an answer that ended as it should */
export function noteOf(outcome, retry) {
  if (!NOTES[outcome]) return null;
  return h('p', { class: 'note' }, icon(outcome === 'cancelled' ? 'stop' : 'warning'), h('span', {}, NOTES[outcome]),
    outcome === 'cancelled' && h('button', { type: 'button', class: 'quiet', onclick: retry }, 'Ask again'));
}

/** Model, tokens, money, tools, seconds. */
export function receiptLine(receipt, model) {
  if (!receipt) return h('span');
  const { inputTokens, outputTokens, cacheReadTokens = 0, dollars: sum, toolCalls, milliseconds } = receipt;
  const parts = [
    [modelName(model), model],
    [Number.isFinite(inputTokens) && `${integer(inputTokens)} in · ${integer(outputTokens)} out`, 'Tokens read and written'],
    [cacheReadTokens > 0 && `${integer(cacheReadTokens)} cached`, 'Tokens read from the cache'],
    [sum !== null && sum !== undefined && dollars(sum), 'Cost in US dollars'],
    [toolCalls > 0 && count(toolCalls, 'tool call'), ''],
    [duration(milliseconds), 'From question to answer'],
  ].filter(([text]) => text);
  return h('ul', { class: 'receipt', 'aria-label': 'Receipt' }, parts.map(([text, title]) => h('li', { title: title || null }, text)));
}

/** What one can do with an answer, and with its question. */
export function actionsOf(text, repeat, edit) {
  return [
    copyButton('Copy', text, 'Copy answer'),
    h('button', { type: 'button', class: 'quiet', onclick: repeat }, icon('repeat'), 'Repeat'),
    h('button', { type: 'button', class: 'quiet', onclick: edit }, icon('edit'), 'Edit question'),
  ];
}

/** @param {function(): (string|Promise<string>)} text */
export function copyButton(name, text, label = null) {
  const shown = h('span', {}, name);
  return h('button', { type: 'button', class: 'quiet', 'aria-label': label, onclick: async () => {
    const isCopied = await Promise.resolve(text()).then((copied) => navigator.clipboard.writeText(copied)).then(() => true, () => false);
    shown.textContent = isCopied ? 'Copied' : 'Copying is not allowed here';
    announce(shown.textContent);
    setTimeout(() => { shown.textContent = name; }, 2000);
  } }, icon('copy'), shown);
}

/**
 * @param {import('./api.js').Problem} problem
 * @param {{name: string, act: function(): void}[]} actions the first one waits until the agent wants to be asked again
 */
export function problemCard({ title, detail, traceId, retryAfter }, actions) {
  const buttons = actions.map(({ name, act }, index) => h('button', { type: 'button', class: index === 0 ? 'primary' : 'secondary', onclick: act }, name));
  if (retryAfter > 0 && buttons.length) waitWith(buttons[0], actions[0].name, retryAfter);
  return h('div', { class: 'problem', role: 'group', 'aria-label': 'Error' },
    h('p', { class: 'title' }, icon('warning'), title),
    detail && detail !== title && h('p', {}, detail),
    h('div', { class: 'decision' }, buttons, traceId && h('span', { class: 'trace' }, `Trace ${traceId}`)));
}

function waitWith(button, name, seconds) {
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const rest = (until - Date.now()) / 1000;
    button.disabled = rest > 0;
    button.textContent = rest > 0 ? `${name} in ${clock(rest)}` : name;
    if (rest <= 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 500);
  tick();
}
