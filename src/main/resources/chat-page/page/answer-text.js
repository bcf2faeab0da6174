/** A text of the answer while it grows. */
import { h } from './dom.js';

// Beyond that it is shown as it is: rendering would freeze the page.
const LONGEST_RENDERED = 60_000;
const MOST_MILLIS = 400;
// Characters. What is beyond them is drawn after a pause, in which the page listens.
const STEP = 8_000;

let markdown = null;
let loading = null;

/** Loads the Markdown renderer, which the first paint does without. */
export function loadMarkdown() {
  loading ??= import('./markdown.js').then((module) => {
    markdown = module;
  }).catch(() => {
    loading = null; // plain text until a later try succeeds
  });
  return loading;
}

export class AnswerText {
  element = h('div', { class: 'prose' });
  #text = '';
  #shown = []; // one entry a block: its source and its element
  #rest = h('div', { class: 'plain' }); // what the next step draws, as it came
  #isExpecting = false;
  #timer = null;
  #pause = 40;
  #isHeavy = false;

  constructor(text = '') {
    if (text !== '') this.append(text);
  }

  get text() {
    return this.#text;
  }

  append(delta) {
    this.#text += delta;
    if (markdown === null) this.#expectMarkdown();
    this.#timer ??= setTimeout(() => this.#show(), this.#pause);
  }

  /** Shows what is still waiting. */
  finish() {
    if (this.#timer !== null) this.#show();
  }

  /** Draws once when it is there, however many pieces came before it. */
  async #expectMarkdown() {
    if (this.#isExpecting) return;
    this.#isExpecting = true;
    await loadMarkdown();
    this.#isExpecting = false;
    this.#show();
  }

  #show() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const begin = performance.now();
    if (markdown === null || this.#isHeavy || this.#text.length > LONGEST_RENDERED) this.#showPlain();
    else this.#showBlocks();
    // A long text is rendered less often, so that there is always time for the reader.
    this.#pause = Math.max(40, (performance.now() - begin) * 5);
    if (this.#rest.parentNode !== null) this.#timer = setTimeout(() => this.#show(), this.#pause);
  }

  #showPlain() {
    this.#shown = [];
    this.element.replaceChildren(h('div', { class: 'plain' }, this.#text));
  }

  /** Leaves the blocks alone that did not change: a selection in them survives, and the work stays small. */
  #showBlocks() {
    try {
      const begin = performance.now();
      const blocks = markdown.blocksOf(this.#text);
      this.#isHeavy = performance.now() - begin > MOST_MILLIS; // the next time it would take longer still
      let same = 0;
      while (same < blocks.length && this.#shown[same]?.raw === blocks[same].raw) same += 1;
      let end = same;
      for (let size = 0; end < blocks.length && size < STEP; end += 1) size += blocks[end].raw.length;
      const fresh = blocks.slice(same, end).map((block) => ({ raw: block.raw, element: h('div', {}, markdown.render(block)) }));
      if (this.#shown.length === 0) this.element.replaceChildren();
      for (const { element } of this.#shown.slice(same)) element.remove();
      this.#shown = [...this.#shown.slice(0, same), ...fresh];
      this.#rest.textContent = blocks.slice(end).map(({ raw }) => raw.trimEnd()).join('\n\n');
      this.#rest.remove();
      this.element.append(...fresh.map(({ element }) => element), ...end < blocks.length ? [this.#rest] : []);
    } catch {
      this.#isHeavy = true;
      this.#showPlain(); // such as thousands of nested quotes
    }
  }
}
