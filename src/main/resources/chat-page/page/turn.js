/** One turn: the question, and the answer as its events arrive. */
import { h, icon, announce, freshId } from './dom.js';
import { AnswerText } from './answer-text.js';
import { ApprovalCard } from './approval.js';
import { ToolCall } from './tool-call.js';
import { actionsOf, problemCard, receiptLine, noteOf } from './turn-parts.js';

export class Turn {
  element;
  question;
  #answer = h('div', { class: 'answer' });
  #foot = h('div', { class: 'foot' });
  #thinking = h('p', { class: 'thinking' }, h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')), h('span'));
  #doing = this.#thinking.lastChild;
  #texts = new Map();
  #calls = new Map();
  #approvals = new Map();
  #decide;
  #look;
  #charted = null;

  /**
   * @param {string} question
   * @param {function(string, import('./approval.js').Verdict): void} decide called with the id of a tool call and what was decided on it
   * @param {function(): void} look fetches what has become of a call that waits for somebody else
   */
  constructor(question, decide, look) {
    const id = freshId('question');
    this.question = question;
    this.#decide = decide;
    this.#look = look;
    this.element = h('article', { class: 'turn', 'aria-labelledby': id }, h('h2', { class: 'question', id }, question), this.#answer, this.#foot);
  }

  /** A turn of the past. */
  static of(record, approvals, decide, look) {
    const turn = new Turn(record.message ?? '', decide, look);
    for (const call of record.toolCalls ?? []) turn.#pastCall(call);
    if (record.answer) turn.#textOf('answer').append(record.answer);
    turn.#askFor(approvals);
    turn.#end(record.receipt, record.model);
    return turn;
  }

  begin() {
    this.#answer.querySelectorAll('.problem, .note').forEach((old) => old.remove());
    this.#foot.replaceChildren();
    this.#doing.textContent = 'Thinking';
    this.#answer.append(this.#thinking);
    this.#answer.setAttribute('aria-busy', 'true');
  }

  /** Starts the answer anew, for the same question. */
  clear() {
    this.#answer.replaceChildren();
    for (const known of [this.#texts, this.#calls, this.#approvals]) known.clear();
    this.#charted = null;
  }

  handle(event) {
    const take = {
      TEXT_MESSAGE_START: () => this.#textOf(event.messageId),
      TEXT_MESSAGE_CONTENT: () => this.#textGrew(event),
      TEXT_MESSAGE_END: () => this.#textOf(event.messageId).finish(),
      TOOL_CALL_START: () => this.#callStarted(event),
      TOOL_CALL_ARGS: () => this.#callOf(event.toolCallId).addArguments(event.delta),
      TOOL_CALL_RESULT: () => this.#callEnded(event.toolCallId, event.content, event.metadata ?? {}),
      RUN_FINISHED: () => this.#finished(event.result ?? {}, event.outcome ?? {}),
      REPLY: () => this.#finished(event.reply, {}),
    }[event.type];
    take?.();
  }

  /** @param {import('./api.js').Problem} problem */
  fail(problem, actions) {
    this.#settle();
    const card = problemCard(problem, actions);
    this.#answer.append(card);
    announce(`${problem.title}. ${problem.detail}`);
  }

  /** The user stopped it before the agent could say so. */
  stopped(retry) {
    this.#settle();
    this.#answer.append(noteOf('cancelled', retry));
    announce('Stopped');
  }

  reopen(callId) {
    this.#approvals.get(callId)?.reopen();
  }

  get text() {
    return [...this.#texts.values()].map(({ text }) => text).filter(Boolean).join('\n\n');
  }

  onRetry = () => {};
  /** Asks the same as a new question. */
  onRepeat = () => {};
  /** Lets the reader ask it in other words. */
  onEdit = () => {};

  #textOf(id) {
    if (!this.#texts.has(id)) {
      const text = new AnswerText();
      this.#texts.set(id, text);
      this.#add(text.element);
    }
    return this.#texts.get(id);
  }

  #callOf(id, name = 'tool') {
    if (!this.#calls.has(id)) {
      const call = new ToolCall(id, name);
      this.#calls.set(id, call);
      this.#add(call.element);
    }
    return this.#calls.get(id);
  }

  #textGrew({ messageId, delta }) {
    this.#doing.textContent = '';
    this.#textOf(messageId).append(delta);
  }

  #callStarted({ toolCallId, toolCallName }) {
    this.#doing.textContent = 'Waiting for the tool';
    this.#callOf(toolCallId, toolCallName);
    announce(`Calling ${toolCallName}`);
  }

  #callEnded(id, content, { outcome = 'ok', durationMs }) {
    const call = this.#callOf(id);
    call.finish(content ?? '', outcome, durationMs);
    this.#doing.textContent = 'Thinking';
    this.#chart(call);
  }

  #pastCall({ id, name, arguments: asked, outcome, durationMs, result }) {
    const call = this.#callOf(id, name);
    call.setArguments(asked);
    if (outcome === 'approval_required') call.waitForApproval();
    else call.finish(result ?? '', outcome, durationMs);
    this.#chart(call);
  }

  /** At most one chart a turn opens by itself: the latest. */
  #chart(call) {
    if (!call.series?.isEvident) return;
    this.#charted?.hideChart();
    this.#charted = call;
    call.showChart();
  }

  #finished(reply, outcome) {
    this.#settle();
    if (this.text === '' && reply.answer) this.#textOf('answer').append(reply.answer);
    for (const call of reply.toolCalls ?? []) {
      if (this.#calls.has(call.id)) this.#calls.get(call.id).setArguments(call.arguments); // a person may have changed them
      else this.#pastCall(call);
    }
    this.#askFor(reply.approvals ?? outcome.interrupts?.map(approvalOf) ?? []);
    const notes = (reply.notices ?? []).map((notice) => h('p', { class: 'notice' }, icon('warning'), notice));
    const ending = outcome.type === 'cancelled' ? 'cancelled' : reply.outcome;
    this.#answer.append(...notes, ...[noteOf(ending, () => this.onRetry())].filter(Boolean));
    this.#end(reply.receipt, reply.model);
    if (this.#isWaiting(reply, outcome)) announce('Your approval is needed.');
    else announce(ending === 'cancelled' ? 'Stopped' : `Answer: ${this.text.slice(0, 600)}`);
  }

  #isWaiting(reply, outcome) {
    return outcome.type === 'interrupt' || reply.outcome === 'approval_required';
  }

  #askFor(approvals) {
    for (const approval of approvals) {
      if (this.#approvals.has(approval.callId)) continue;
      this.#calls.get(approval.callId)?.waitForApproval();
      const card = new ApprovalCard(approval, (verdict) => this.#decide(approval.callId, verdict), this.#look);
      this.#approvals.set(approval.callId, card);
      this.#add(card.element);
    }
  }

  #end(receipt, model) {
    this.#foot.replaceChildren(...actionsOf(() => this.text, () => this.onRepeat(), () => this.onEdit()), receiptLine(receipt, model));
    this.#foot.hidden = this.text === '' && !receipt;
  }

  #settle() {
    for (const text of this.#texts.values()) text.finish();
    for (const call of this.#calls.values()) call.stop();
    this.#thinking.remove();
    this.#answer.removeAttribute('aria-busy');
  }

  /** Before the sign that more is to come. */
  #add(element) {
    if (this.#thinking.isConnected || this.#thinking.parentNode === this.#answer) this.#thinking.before(element);
    else this.#answer.append(element);
  }
}

function approvalOf({ id, message, toolCallId, expiresAt, metadata = {} }) {
  return { callId: toolCallId ?? id, tool: metadata.tool, arguments: metadata.arguments, expiresAt, digest: metadata.digest, message };
}
