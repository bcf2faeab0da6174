/** Asks a person about one tool call: shows exactly what would run, and until when it may be approved. */
import { h, icon, freshId, announce } from './dom.js';
import { argumentsOf, clock, visible } from './format.js';

export class ApprovalCard {
  element;
  #expiresAt;
  #digest;
  #countdown = h('span', { class: 'countdown' });
  #buttons;
  #state = h('p', { class: 'hint', tabindex: '-1', hidden: true });
  #timer;

  /**
   * @param {{callId: string, tool: string, arguments: (Object|string), expiresAt: string, digest: ?string, message: ?string}} approval
   * @param {function({approve: boolean, digest: ?string}): void} decide
   */
  constructor(approval, decide) {
    const title = freshId('approval');
    this.#expiresAt = Date.parse(approval.expiresAt);
    this.#digest = approval.digest;
    this.#buttons = [
      h('button', { type: 'button', class: 'primary', onclick: () => this.#decided(true, decide) }, icon('check'), 'Approve'),
      h('button', { type: 'button', class: 'secondary', onclick: () => this.#decided(false, decide) }, 'Decline'),
    ];
    this.element = h('div', { class: 'approval', role: 'group', 'aria-labelledby': title },
      h('h3', { id: title }, icon('shield'), 'Approval needed'),
      h('p', {}, 'Nothing has run yet. If you approve, exactly this runs, once:'),
      h('p', { class: 'call' }, h('code', { class: 'tool-name' }, visible(approval.tool))),
      argumentList(argumentsOf(approval.arguments)),
      h('div', { class: 'decision' }, this.#buttons, this.#countdown),
      this.#state);
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  /** The decision could not be delivered: it can be taken again. */
  reopen() {
    if (this.#isExpired()) return;
    for (const button of this.#buttons) button.disabled = false;
    if (document.activeElement === this.#state) this.#buttons[0].focus({ preventScroll: true });
    this.#state.hidden = true;
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  #decided(approve, decide) {
    this.#close(approve ? 'You approved this.' : 'You declined this. It will not run.');
    // What was shown is what runs: a decision on anything else is refused.
    decide(this.#digest ? { approve, digest: this.#digest } : { approve });
  }

  #tick() {
    if (!Number.isFinite(this.#expiresAt)) return;
    this.#countdown.textContent = this.#isExpired() ? '' : `Expires in ${clock((this.#expiresAt - Date.now()) / 1000)}`;
    if (!this.#isExpired()) return;
    this.#close('Nobody decided in time, so this will not run. Ask again if you still want it.');
    if (this.element.isConnected) announce('The approval expired.');
  }

  #close(sentence) {
    clearInterval(this.#timer);
    const hadFocus = this.element.contains(document.activeElement);
    for (const button of this.#buttons) button.disabled = true;
    this.#countdown.textContent = '';
    this.#state.textContent = sentence;
    this.#state.hidden = false;
    if (hadFocus) this.#state.focus({ preventScroll: true }); // a disabled button would drop it
  }

  #isExpired() {
    return this.#expiresAt <= Date.now();
  }
}

function argumentList(told) {
  if (typeof told === 'string') return h('pre', { class: 'text', tabindex: '0', role: 'group', 'aria-label': 'Arguments' }, visible(told));
  const entries = Object.entries(told);
  if (entries.length === 0) return h('p', { class: 'hint' }, 'Without arguments.');
  return h('div', { class: 'asked scroll', tabindex: '0', role: 'group', 'aria-label': 'Arguments' },
    h('dl', {}, entries.map(([name, value]) => h('div', {}, h('dt', {}, visible(JSON.stringify(name).slice(1, -1))), h('dd', {}, visible(shown(value)))))));
}

/** As JSON, so that "7" and 7, true and "true" look different; a character's code that is part of the text has two backslashes. */
const shown = (value) => JSON.stringify(value, null, 2);
