/** Tells when the tools, the agent or the network are away. */
import { byId } from './dom.js';

const STATES = {
  ready: ['Ready', ''],
  tools: ['Tools unavailable', 'The tools can’t be reached right now. Answers come without data until they are back.'],
  agent: ['Agent unreachable', 'The agent can’t be reached right now. What you see stays; new questions have to wait.'],
  offline: ['Offline', 'You are offline. What you see stays; new questions have to wait.'],
};

const EVERY = 60_000;
const EVERY_WHILE_AWAY = 10_000;

export class Status {
  #health;
  #timer;

  /** @param {function(): Promise<Object>} health */
  constructor(health) {
    this.#health = health;
    addEventListener('online', () => this.check());
    addEventListener('offline', () => this.check());
    document.addEventListener('visibilitychange', () => document.hidden || this.check());
  }

  async check() {
    clearTimeout(this.#timer);
    const state = navigator.onLine ? await this.#ask() : 'offline';
    this.#show(state);
    this.#timer = setTimeout(() => document.hidden || this.check(), state === 'ready' ? EVERY : EVERY_WHILE_AWAY);
  }

  async #ask() {
    try {
      const { checks = [] } = await this.#health();
      const toolbox = checks.find(({ name }) => name === 'toolbox');
      return toolbox && (toolbox.data?.state ?? 'available') !== 'available' ? 'tools' : 'ready';
    } catch {
      return 'agent';
    }
  }

  #show(state) {
    const [name, sentence] = STATES[state];
    const place = byId('status');
    if (place.dataset.state === state) return;
    place.dataset.state = state;
    byId('status-name').textContent = name;
    byId('banner').hidden = sentence === '';
    byId('banner-text').textContent = sentence;
  }
}
