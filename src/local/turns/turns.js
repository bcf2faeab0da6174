// Shows what /q/turns/turns.json has, and looks again each second. Texts are set as texts: a tool's name comes from outside.
const place = document.getElementById('turns');
let shown = '';

const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const tokens = (input, output) => (input === null ? '' : `${input} → ${output} tokens`);

function part(each, whole) {
  const row = element('li', each.operation + (each.error ? ' failed' : ''));
  const lane = element('span', 'lane');
  const bar = element('span', 'bar');
  bar.style.left = `${(100 * each.start) / whole}%`;
  bar.style.width = `${(100 * each.milliseconds) / whole}%`;
  lane.append(bar);
  const numbers = [milliseconds(each.milliseconds), tokens(each.inputTokens, each.outputTokens), each.error].filter(Boolean).join(' · ');
  row.append(element('span', 'name', each.name), lane, element('span', 'numbers', numbers));
  return row;
}

function turn(each) {
  const article = element('article');
  article.dataset.trace = each.traceId;
  article.append(element('h2', each.error ? 'error' : '', `${new Date(each.startedAt).toLocaleTimeString()} · ${each.outcome}${each.error ? ` (${each.error})` : ''}`));
  const dollars = each.dollars === null ? '' : `$${each.dollars.toFixed(6)}`;
  const facts = [milliseconds(each.milliseconds), tokens(each.inputTokens, each.outputTokens), dollars, `trace ${each.traceId}`];
  article.append(element('p', 'facts', facts.filter(Boolean).join(' · ')));
  const parts = element('ol');
  parts.append(...each.parts.map((one) => part(one, each.milliseconds)));
  article.append(parts);
  return article;
}

async function look() {
  try {
    const text = await (await fetch('/q/turns/turns.json')).text();
    const turns = JSON.parse(text);
    if (text !== shown && turns.length > 0) {
      shown = text;
      place.replaceChildren(...turns.map(turn));
    }
  } catch {
    // Dev mode restarts: the next look finds it again.
  }
  setTimeout(look, 1000);
}
look();
