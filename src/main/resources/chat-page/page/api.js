/** The agent's HTTP interface. */
import { events } from './events.js';

/** An error as the agent tells it (RFC 9457), or status 0 if it could not be reached. */
export class Problem extends Error {
  constructor({ status = 0, title = 'Something went wrong', detail = '', traceId = '', retryAfter = 0 }) {
    super(detail || title);
    Object.assign(this, { status, title, detail, traceId, retryAfter });
  }

  static unreachable() {
    return new Problem({ title: 'No connection', detail: 'The agent could not be reached. Check your connection and try again.' });
  }
}

export class Api {
  #credentials;
  #onSignInNeeded;

  /**
   * @param credentials      `header()` gives the Authorization header or null
   * @param onSignInNeeded   called whenever the agent answers 401
   */
  constructor(credentials, onSignInNeeded) {
    this.#credentials = credentials;
    this.#onSignInNeeded = onSignInNeeded;
  }

  conversations() {
    return this.#json('GET', '/chat').then((list) => list.conversations ?? []);
  }

  conversation(id) {
    return this.#json('GET', `/chat/${encodeURIComponent(id)}`);
  }

  remove(id) {
    return this.#request('DELETE', `/chat/${encodeURIComponent(id)}`);
  }

  stop(id) {
    return this.#request('DELETE', `/chat/${encodeURIComponent(id)}/run`);
  }

  /** The events of a turn. The key makes a repetition after a lost connection safe: the agent answers it once. */
  ask(message, conversationId, idempotencyKey, signal) {
    const body = conversationId ? { message, conversationId } : { message };
    return this.#run('/chat', JSON.stringify(body), signal, { 'Idempotency-Key': idempotencyKey });
  }

  /** The events of the turn that goes on after the decision. */
  decide(id, callId, verdict, signal) {
    return this.#run(`/chat/${encodeURIComponent(id)}/approvals/${encodeURIComponent(callId)}`, verdictText(verdict), signal);
  }

  /** The calls of any caller that wait for the reader's decision. @param {?string} after the `next` of the page before */
  waiting(after) {
    return this.#json('GET', `/approvals${after ? `?after=${encodeURIComponent(after)}` : ''}`);
  }

  /** The reader's word on somebody else's call. */
  async decideFor(id, verdict) {
    const response = await this.#request('POST', `/approvals/${encodeURIComponent(id)}`, { body: verdictText(verdict), headers: { Accept: 'application/json' } });
    return response.json();
  }

  /** The tools, and what the caller may do with each. */
  tools() {
    return this.#json('GET', '/tools').then(({ tools }) => tools ?? []);
  }

  /** Open to everybody; also says something while the agent is not well. */
  async health() {
    const response = await fetch('/health', { headers: { Accept: 'application/json' }, cache: 'no-store' });
    return response.json();
  }

  async* #run(path, body, signal, headers = {}) {
    const response = await this.#request('POST', path, { body, signal, headers: { Accept: 'text/event-stream', ...headers } });
    if (!(response.headers.get('Content-Type') ?? '').startsWith('text/event-stream')) {
      yield { type: 'REPLY', reply: await response.json() };
      return;
    }
    yield* events(response.body);
  }

  async #json(method, path) {
    const response = await this.#request(method, path, { headers: { Accept: 'application/json' } });
    return response.json();
  }

  async #request(method, path, { body, headers = {}, signal } = {}) {
    const authorization = await this.#credentials.header();
    const response = await fetch(path, {
      method,
      signal,
      cache: 'no-store',
      headers: {
        ...(authorization ? { Authorization: authorization } : {}),
        ...(body ? { 'Content-Type': 'application/json' } : {}),
        ...headers,
      },
      body,
    }).catch((error) => {
      throw error.name === 'AbortError' ? error : Problem.unreachable();
    });
    if (response.ok) return response;
    if (response.status === 401) this.#onSignInNeeded();
    throw await problemOf(response);
  }
}

/** Edited arguments are JSON text already: a number in them is sent with all of its digits. */
function verdictText({ arguments: edited, ...verdict }) {
  return JSON.stringify(verdict).replace(/}$/, edited === undefined ? '}' : () => `,"arguments":${edited}}`);
}

async function problemOf(response) {
  const told = await response.json().catch(() => ({}));
  return new Problem({
    title: told.title ?? `The agent answered ${response.status}`,
    detail: told.detail ?? '',
    traceId: told.traceId ?? '',
    status: response.status,
    retryAfter: secondsOf(response.headers.get('Retry-After')),
  });
}

function secondsOf(header) {
  if (!header) return 0;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : 0;
}
