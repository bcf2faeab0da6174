/** The calls that wait for the reader's decision, in any conversation; loaded when somebody looks. */
import { h, announce } from './dom.js';
import { visible } from './format.js';
import { ApprovalCard } from './approval.js';
import { problemCard } from './turn-parts.js';

/** Decisions that did not arrive, or whose changes were refused, can be taken again. */
const AGAIN = [0, 400, 429, 503];

export class ApprovalsPage {
  element = h('div', { class: 'approvals' });
  #api;
  #list = h('ul', { class: 'waiting' });
  #hint = h('p', { class: 'hint' });
  #more = h('button', { type: 'button', class: 'secondary', hidden: true, onclick: () => this.#add(this.#next) }, 'Show more');
  #next = null;
  #changed;

  /** @param {function(): void} changed called after each decision */
  constructor(api, changed) {
    this.#api = api;
    this.#changed = changed;
    this.element.append(
      h('div', { class: 'decision' }, h('div', {}, h('h2', {}, 'Waiting for a decision'), h('p', { class: 'hint' }, 'What others ask for and you may approve, and what waits in your own conversations.')),
        h('button', { type: 'button', class: 'quiet', onclick: () => this.load() }, 'Look again')),
      this.#hint, this.#list, this.#more);
  }

  /** Shows what waits now. */
  load() {
    this.#list.replaceChildren();
    return this.#add(null);
  }

  async #add(after) {
    this.element.setAttribute('aria-busy', 'true');
    this.element.querySelector(':scope > .problem')?.remove();
    try {
      const { approvals, next = null } = await this.#api.waiting(after);
      this.#next = next;
      this.#list.append(...approvals.map((waiting) => h('li', {}, waiting.conversationId ? ownCall(waiting) : this.#cardOf(waiting))));
      const isNothing = this.#list.childElementCount === 0 && next === null;
      this.#hint.textContent = isNothing ? 'Nothing waits for you.' : '';
      this.#hint.hidden = !isNothing;
      this.#more.hidden = next === null;
      announce(isNothing ? 'Nothing waits for you.' : 'What waits is listed.');
    } catch (problem) {
      this.element.append(problemCard(problem, [{ name: 'Try again', act: () => this.#add(after) }]));
    } finally {
      this.element.removeAttribute('aria-busy');
    }
  }

  #cardOf(waiting) {
    const place = h('div', { class: 'answer' });
    const card = new ApprovalCard(waiting, async (verdict) => {
      place.querySelector('.problem')?.remove();
      try {
        const { state } = await this.#api.decideFor(waiting.id, verdict);
        announce(state === 'approved' ? 'Approved. The one who asked can have it run now.' : 'Declined. The one who asked sees it.');
        this.#changed();
      } catch (problem) {
        place.append(problemCard(problem, []));
        announce(`${problem.title}. ${problem.detail}`);
        if (AGAIN.includes(problem.status)) card.reopen();
        else card.close('This was not decided by you.');
      }
    });
    place.append(card.element);
    return place;
  }
}

/** One's own is decided where it was asked for: there the answer goes on. */
function ownCall({ tool, conversationId, approvers, approvedBy }) {
  const waitsFor = approvers && !approvedBy ? `It waits for ${visible(approvers.join(' or '))}.` : 'It waits for you.';
  return h('div', { class: 'own-call' }, h('code', { class: 'tool-name' }, visible(tool)), h('span', {}, waitsFor), h('a', { href: `#/c/${encodeURIComponent(conversationId)}` }, 'Open the conversation'));
}
