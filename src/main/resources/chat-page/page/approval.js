/** Asks a person about one tool call: shows exactly what would run, and until when it may be approved. */
import { h, icon, freshId, announce } from './dom.js';
import { argumentsOf, clock, visible } from './format.js';

const LONGEST_REASON = 1000;

/**
 * @typedef {Object} Verdict
 * @property {boolean} approve
 * @property {?string} digest    of the arguments that were shown
 * @property {?string} arguments the JSON text of those that it is to run with, if the person changed them
 * @property {?string} reason    why not, for the model
 */

export class ApprovalCard {
  element;
  #told;
  #expiresAt;
  #digest;
  #decide;
  #edit = null;
  #inside = h('div');
  #countdown = h('span', { class: 'countdown' });
  #state = h('p', { class: 'hint', tabindex: '-1', hidden: true });
  #mayEdit;
  #waitsFor;
  #look;
  #timer;

  /**
   * @param {{callId: string, tool: string, arguments: (Object|string), expiresAt: string, digest: ?string, approvers: ?string[], approvedBy: ?string, askedBy: ?string}} approval
   *        askedBy: whose call it is, if it is not the reader's own
   * @param {function(Verdict): void} decide
   * @param {?function(): void} look fetches what has become of a call that waits for somebody else
   */
  constructor(approval, decide, look = null) {
    const title = freshId('approval');
    const { approvers, approvedBy, askedBy } = approval;
    this.#told = argumentsOf(approval.arguments);
    this.#expiresAt = Date.parse(approval.expiresAt);
    this.#digest = approval.digest;
    this.#decide = decide;
    this.#look = look;
    this.#waitsFor = approvers?.length && !approvedBy && !askedBy ? approvers : null;
    // What a second person approved runs as they saw it, or not at all.
    this.#mayEdit = !approvedBy && !this.#waitsFor && typeof this.#told === 'object' && Object.keys(this.#told).length > 0;
    this.element = h('div', { class: 'approval', role: 'group', 'aria-labelledby': title },
      h('h3', { id: title }, icon('shield'), this.#waitsFor ? 'Another person has to approve this' : 'Approval needed'),
      h('p', {}, this.#sentence(approvedBy, askedBy)),
      h('p', { class: 'call' }, h('code', { class: 'tool-name' }, visible(approval.tool))),
      this.#inside, this.#state);
    this.#ask();
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  /** The decision could not be delivered, or its changes were refused: it can be taken again. */
  reopen() {
    if (this.#isExpired()) return;
    const hadFocus = document.activeElement === this.#state;
    this.#state.hidden = true;
    this.#setDisabled(false);
    this.#timer = setInterval(() => this.#tick(), 1000);
    if (hadFocus) this.#inside.querySelector('.decision button').focus({ preventScroll: true });
  }

  /** Nothing can be decided here any more. */
  close(sentence) {
    clearInterval(this.#timer);
    const hadFocus = this.element.contains(document.activeElement);
    this.#setDisabled(true);
    this.#countdown.textContent = '';
    this.#state.textContent = sentence;
    this.#state.hidden = false;
    if (hadFocus) this.#state.focus({ preventScroll: true }); // a disabled button would drop it
  }

  #sentence(approvedBy, askedBy) {
    if (this.#waitsFor) return `Nothing has run yet. ${visible(this.#waitsFor.join(' or '))} has to approve it first, then you can have it run:`;
    if (approvedBy) return `${visible(approvedBy)} has approved this. If you approve too, exactly this runs, once:`;
    if (askedBy) return `${visible(askedBy)} asks for this. If you approve it, they can have exactly this run, once:`;
    return 'Nothing has run yet. If you approve, exactly this runs, once:';
  }

  /** What would run, and what one can do about it. */
  #ask() {
    const told = this.#edit?.isChanged ? this.#edit.difference() : argumentList(this.#told);
    const yes = this.#edit?.isChanged ? 'Approve with changes' : 'Approve';
    this.#show(told,
      this.#waitsFor ? this.#look && action('secondary', 'Look again', this.#look) : action('primary', yes, () => this.#approve(), icon('check')),
      this.#mayEdit && action('secondary', this.#edit?.isChanged ? 'Edit again' : 'Edit', () => this.#openEditor()),
      action('secondary', 'Decline', () => this.#askWhy()));
  }

  async #openEditor() {
    if (this.#edit === null) {
      const { ArgumentsEditor } = await import('./approval-edit.js');
      this.#edit ??= new ArgumentsEditor(this.#told, argumentList);
    }
    const back = () => { this.#edit = null; this.#ask(); this.#focus('Edit'); };
    this.#show(this.#edit.form(() => this.#review()), action('primary', 'Review', () => this.#review()), action('secondary', 'Discard', back));
    this.#inside.querySelector('input, textarea, select').focus();
  }

  /** What was typed is shown beside what was asked for before it can be sent. */
  #review() {
    const flaw = this.#edit.check();
    if (flaw !== null) return announce(flaw);
    if (!this.#edit.isChanged) this.#edit = null;
    this.#ask();
    announce(this.#edit ? 'Look at the changes, then approve them.' : 'Nothing is changed.');
    return this.#focus(this.#edit ? 'Approve with changes' : 'Edit');
  }

  #askWhy() {
    const id = freshId('reason');
    const reason = h('textarea', { id, rows: 2, maxlength: LONGEST_REASON, 'aria-describedby': `${id}-hint` });
    this.#show(h('div', { class: 'why' }, h('label', { for: id }, 'Why not?'), reason,
      h('p', { class: 'hint', id: `${id}-hint` }, 'The model reads it and goes on from there. You can leave it empty.')),
    action('danger', 'Decline it', () => this.#decline(reason.value.trim())), action('secondary', 'Back', () => { this.#ask(); this.#focus('Decline'); }));
    reason.focus();
  }

  #approve() {
    const edited = this.#edit?.isChanged ? { arguments: this.#edit.json } : {};
    this.close(this.#edit?.isChanged ? 'You approved this with your changes.' : 'You approved this.');
    this.#send({ approve: true, ...edited });
  }

  #decline(reason) {
    this.close(reason === '' ? 'You declined this. It will not run.' : `You declined this: “${reason}” It will not run.`);
    this.#send(reason === '' ? { approve: false } : { approve: false, reason });
  }

  /** What was shown is what runs: a decision on anything else is refused. */
  #send(verdict) {
    this.#decide(this.#digest ? { ...verdict, digest: this.#digest } : verdict);
  }

  #show(content, ...actions) {
    this.#inside.replaceChildren(content, h('div', { class: 'decision' }, actions, this.#countdown));
  }

  #focus(name) {
    const button = [...this.#inside.querySelectorAll('.decision button')].find(({ textContent }) => textContent === name);
    (button ?? this.#inside.querySelector('.decision button'))?.focus({ preventScroll: true });
  }

  #tick() {
    if (!Number.isFinite(this.#expiresAt)) return;
    this.#countdown.textContent = this.#isExpired() ? '' : `Expires in ${clock((this.#expiresAt - Date.now()) / 1000)}`;
    if (!this.#isExpired()) return;
    this.close('Nobody decided in time, so this will not run. Ask again if you still want it.');
    if (this.element.isConnected) announce('The approval expired.');
  }

  #setDisabled(isDisabled) {
    for (const one of this.#inside.querySelectorAll('button, input, textarea, select')) one.disabled = isDisabled;
  }

  #isExpired() {
    return this.#expiresAt <= Date.now();
  }
}

const action = (kind, name, act, ...before) => h('button', { type: 'button', class: kind, onclick: act }, before, name);

/** @param {function(string, *): (Node|string|Array)} content what is shown of a value */
function argumentList(told, content = (name, value) => visible(shown(value))) {
  if (typeof told === 'string') return h('pre', { class: 'text', tabindex: '0', role: 'group', 'aria-label': 'Arguments' }, visible(told));
  const entries = Object.entries(told);
  if (entries.length === 0) return h('p', { class: 'hint' }, 'Without arguments.');
  return h('div', { class: 'asked scroll', tabindex: '0', role: 'group', 'aria-label': 'Arguments' },
    h('dl', {}, entries.map(([name, value]) => h('div', {}, h('dt', {}, visible(JSON.stringify(name).slice(1, -1))), h('dd', {}, content(name, value))))));
}

/** As JSON, so that "7" and 7, true and "true" look different; a character's code that is part of the text has two backslashes. */
const shown = (value) => JSON.stringify(value, null, 2);
