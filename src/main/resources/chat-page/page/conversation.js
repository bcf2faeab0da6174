/** A conversation on the page. It goes on while another one is looked at. */
import { h } from './dom.js';
import { Problem } from './api.js';
import { Silence } from './events.js';
import { Turn } from './turn.js';

export class Conversation {
  id;
  title = '';
  element = h('div', { class: 'turns' });
  isRunning = false;
  isLoaded = false;
  /** Called after every change that others show: running, id, new content. */
  onChange = () => {};
  /** Called with a question that is to be asked again as it is, or in other words. */
  onRepeat = () => {};
  onEdit = () => {};
  #api;
  #turns = [];
  #run = null;

  constructor(api, id = null) {
    this.#api = api;
    this.id = id;
    this.isLoaded = id === null;
  }

  get isEmpty() {
    return this.#turns.length === 0;
  }

  /** Reads its turns from the agent. */
  async load() {
    const record = await this.#api.conversation(this.id);
    const turns = [...record.turns ?? [], ...record.pendingTurn ? [record.pendingTurn] : []];
    this.#turns = turns.map((past, index) => {
      const turn = Turn.of(past, index === turns.length - 1 ? record.approvals ?? [] : [], (callId, verdict) => this.#decide(turn, callId, verdict), () => this.reload());
      return this.#connect(turn);
    });
    this.title = turns[0]?.message ?? '';
    this.element.replaceChildren(...this.#turns.map(({ element }) => element));
    this.isLoaded = true;
  }

  /** Shows what has become of it since. */
  reload() {
    return this.load().then(() => this.onChange(), () => {});
  }

  ask(message) {
    const turn = new Turn(message, (callId, verdict) => this.#decide(turn, callId, verdict), () => this.reload());
    this.#connect(turn);
    if (this.isEmpty) this.title = message;
    this.#turns.push(turn);
    this.element.append(turn.element);
    return this.#ask(turn, crypto.randomUUID());
  }

  #connect(turn) {
    turn.onRetry = () => this.#ask(turn, crypto.randomUUID());
    turn.onRepeat = () => this.onRepeat(turn.question);
    turn.onEdit = () => this.onEdit(turn.question);
    return turn;
  }

  /** Asks the agent to stop; hangs up if it does not within a few seconds. */
  async stop() {
    const run = this.#run;
    if (!run || run.isStopping) return;
    run.isStopping = true;
    this.onChange();
    const hangUp = () => run.controller.abort();
    if (this.id === null) return hangUp();
    const timer = setTimeout(hangUp, 5000);
    run.end = () => clearTimeout(timer);
    await this.#api.stop(this.id).catch(hangUp);
  }

  get isStopping() {
    return this.#run?.isStopping ?? false;
  }

  /** With the same key it is the same request, so it must name the conversation that it named then. */
  #ask(turn, key, id = this.id) {
    turn.clear();
    const again = () => this.#ask(turn, key, id);
    return this.#follow(turn, (signal) => this.#api.ask(turn.question, id, key, signal), again);
  }

  async #decide(turn, callId, verdict) {
    const problem = await this.#follow(turn, (signal) => this.#api.decide(this.id, callId, verdict, signal), null);
    if (problem && [0, 400, 429, 503].includes(problem.status)) turn.reopen(callId);
  }

  /** Shows a run's events in the turn. @returns {?Problem} what kept it from ending well */
  async #follow(turn, start, again) {
    if (this.isRunning) return null;
    const run = { controller: new AbortController(), isStopping: false, end: () => {} };
    const former = this.id;
    this.#run = run;
    this.isRunning = true;
    turn.begin();
    this.onChange();
    let problem = null;
    try {
      await this.#take(turn, start(run.controller.signal));
    } catch (error) {
      // The agent keeps no conversation whose first turn came to nothing; after a lost connection nobody knows.
      if (run.isStopping || error instanceof Problem && error.status === -1) this.id = former;
      if (run.isStopping) turn.stopped(() => turn.onRetry());
      else turn.fail(problem = problemOf(error), this.#ways(problem, again, turn));
    } finally {
      run.end();
      this.#run = null;
      this.isRunning = false;
      this.onChange();
    }
    return problem;
  }

  async #take(turn, events) {
    let since = performance.now();
    for await (const event of events) {
      if (performance.now() - since > LONGEST_TASK) {
        await breathe();
        since = performance.now();
      }
      const id = event.threadId ?? event.reply?.conversationId;
      if (id && this.id === null) this.id = id;
      if (event.type === 'RUN_ERROR') throw new Problem({ title: 'The answer failed', detail: event.message, status: -1 });
      turn.handle(event);
      this.onChange();
      if (event.type === 'RUN_FINISHED' || event.type === 'REPLY') return;
    }
    throw lost();
  }

  /** What one can do about it. A lost connection is repeated with the same key; a failed answer is a new question. */
  #ways(problem, again, turn) {
    const ways = [];
    if (again && ![403, 404, 413].includes(problem.status)) {
      const isSame = problem.status === 0 || [401, 429, 503].includes(problem.status);
      ways.push({ name: 'Try again', act: isSame ? again : () => turn.onRetry() });
    }
    if (problem.status === 409 && this.id) ways.push({ name: 'Stop the running answer', act: () => this.#api.stop(this.id).then(() => turn.onRetry(), () => {}) });
    if (this.id && [0, 409, -1].includes(problem.status)) ways.push({ name: 'Reload conversation', act: () => this.reload() });
    return ways;
  }
}

function problemOf(error) {
  if (error instanceof Problem) return error;
  if (error instanceof Silence || error instanceof TypeError || error instanceof SyntaxError) return lost();
  return new Problem({ title: 'Something went wrong', detail: 'The answer could not be shown.' });
}

/** Milliseconds. Events that are there already are taken without a pause in between: the page would freeze until the last of thousands. */
const LONGEST_TASK = 30;

/** Lets the page draw and listen. A timer would be slowed down in a tab that is not looked at. */
const breathe = () => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => { port1.close(); resolve(); };
  port2.postMessage(null);
});

const lost = () => new Problem({ title: 'The connection was lost', detail: 'The answer may have gone on without you. Try again, or reload the conversation.' });
