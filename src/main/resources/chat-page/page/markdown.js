/** Turns a model's Markdown into harmless nodes: nothing in it can run, load, style or leave its place. */
import { Lexer, Marked } from '/vendor/marked/marked.esm.js';
import '/vendor/dompurify/purify.min.js';

const purify = globalThis.DOMPurify;

const HARMLESS = {
  ALLOWED_TAGS: ['p', 'br', 'hr', 'strong', 'b', 'em', 'i', 'del', 's', 'sub', 'sup', 'code', 'pre', 'kbd', 'blockquote', 'ul', 'ol', 'li',
    'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'a'],
  ALLOWED_ATTR: ['href', 'start', 'align'],
  ADD_URI_SAFE_ATTR: ['start', 'align'], // their values are no addresses
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  RETURN_DOM_FRAGMENT: true,
};

const PLAIN_TAG = /^<\/?(?:br|b|i|em|strong|sub|sup|kbd|del|s|code)\s*\/?>$/i;

// Marks that are never closed and beginnings of addresses cost the square of a text's length, and so does nesting; nobody writes paragraphs or lists of that size.
const LONGEST_PARAGRAPH = 5000;
const DEEPEST = 16;
// A mark costs up to its paragraph's length. All of an answer's may cost so much; what people write costs far less.
const MOST_WORK = 10_000_000;
const MARKS = /[*_`~[\]<!\\]/g;

class CarefulLexer extends Lexer {
  #depth = 0;
  #work = 0;

  blockTokens(source, tokens = [], ...more) {
    this.#depth += 1;
    try {
      if (this.#depth <= DEEPEST) return super.blockTokens(source, tokens, ...more);
      tokens.push({ type: 'text', raw: source, text: source, escaped: false });
      return tokens;
    } finally {
      this.#depth -= 1;
    }
  }

  inlineTokens(source, tokens = []) {
    if (source.length <= LONGEST_PARAGRAPH && this.#affords(source)) return super.inlineTokens(source, tokens);
    tokens.push({ type: 'text', raw: source, text: source, escaped: false });
    return tokens;
  }

  #affords(source) {
    const work = source.length * (source.match(MARKS)?.length ?? 0);
    if (this.#work + work > MOST_WORK) return false;
    this.#work += work;
    return true;
  }
}

const marked = new Marked({
  gfm: true,
  renderer: {
    // HTML stays text: nothing of it reaches a parser. Of the plain inline tags, models use a few in tables.
    html({ text }) {
      return PLAIN_TAG.test(text.trim()) ? text : escape(text);
    },
    // An image would tell its host who reads this; its address remains as a link.
    image({ href, text }) {
      return `<a href="${escape(href)}">${escape(text || href)}</a>`;
    },
    checkbox({ checked }) {
      return checked ? '☑ ' : '☐ ';
    },
  },
});

/** The top-level blocks of a text, in order. */
export function blocksOf(text) {
  return new CarefulLexer(marked.defaults).lex(text).filter((token) => token.type !== 'space' && token.type !== 'def');
}

/** @returns {DocumentFragment} */
export function render(block) {
  const fragment = purify.sanitize(marked.parser([block]), HARMLESS);
  for (const link of fragment.querySelectorAll('a')) finishLink(link);
  for (const heading of fragment.querySelectorAll('h1, h2, h3, h4, h5, h6')) lower(heading);
  for (const table of fragment.querySelectorAll('table')) alignNumbers(table);
  for (const wide of fragment.querySelectorAll('table, pre')) makeScrollable(wide);
  for (const header of fragment.querySelectorAll('th')) if (header.textContent.trim() === '') rename(header, 'td');
  return fragment;
}

function finishLink(link) {
  if (!link.hasAttribute('href') || link.textContent.trim() === '') {
    link.replaceWith(...link.childNodes);
    return;
  }
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  link.title = link.href; // where it leads, whatever its text says
}

/** Below the question's heading, whatever levels the model chose. */
function lower(heading) {
  const kept = rename(heading, 'h3');
  kept.className = `level-${heading.localName[1]}`;
}

const FIGURE = /^[-+\u2212(]?\s?(?:[$\u20ac\u00a3\u00a5]\s?|[A-Z]{3}\s)?\d[\d.,'\u2019\s]*(?:%|\s?%|[$\u20ac\u00a3\u00a5]|[A-Z]{3})?\)?$/;

/** Figures stand below each other, where the model has not said how. */
function alignNumbers(table) {
  const rows = [...table.rows];
  for (const [index, header] of [...rows[0]?.cells ?? []].entries()) {
    const cells = rows.slice(1).map((row) => row.cells[index]).filter((cell) => cell && !/^[\s\u2013\u2014-]*$/.test(cell.textContent));
    if (header.hasAttribute('align') || cells.length === 0 || !cells.every((cell) => FIGURE.test(cell.textContent.trim()))) continue;
    for (const row of rows) row.cells[index]?.setAttribute('align', 'right');
  }
}

function makeScrollable(wide) {
  const frame = document.createElement('div');
  frame.className = 'scroll';
  frame.tabIndex = 0;
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', wide.localName === 'table' ? 'Table' : 'Code');
  wide.replaceWith(frame);
  frame.append(wide);
}

function rename(element, tag) {
  const renamed = document.createElement(tag);
  renamed.append(...element.childNodes);
  element.replaceWith(renamed);
  return renamed;
}

function escape(text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
