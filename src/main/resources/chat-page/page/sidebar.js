/** The list of conversations: search, open, delete. */
import { h, icon, byId, announce } from './dom.js';
import { count, period } from './format.js';

export class Sidebar {
  #conversations = [];
  #current = null;
  #running = new Set();
  #remove;

  /** @param {function(string): Promise<void>} remove deletes a conversation */
  constructor(remove) {
    this.#remove = remove;
    byId('search').addEventListener('input', () => this.#draw(true));
    byId('search').addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && event.target.value !== '') {
        event.stopPropagation();
        event.target.value = '';
        this.#draw(true);
      }
    });
  }

  show(conversations) {
    this.#conversations = conversations;
    this.#draw();
  }

  /** @param {?string} id the one that is open */
  mark(id, running) {
    if (id === this.#current && running.size === this.#running.size && [...running].every((one) => this.#running.has(one))) return;
    this.#current = id;
    this.#running = running;
    this.#draw();
  }

  /** Puts a conversation on top that the agent has not listed yet. */
  add(id, title) {
    if (this.#conversations.some((known) => known.id === id)) return;
    this.#conversations = [{ id, title, updatedAt: new Date().toISOString() }, ...this.#conversations];
    this.#draw();
  }

  titleOf(id) {
    return this.#conversations.find((known) => known.id === id)?.title ?? '';
  }

  #draw(isSearch = false) {
    const words = byId('search').value.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const found = this.#conversations.filter(({ title }) => words.every((word) => (title ?? '').toLocaleLowerCase().includes(word)));
    const groups = new Map();
    for (const one of found) {
      const name = period(one.updatedAt ?? one.createdAt);
      groups.set(name, [...(groups.get(name) ?? []), one]);
    }
    const focused = document.activeElement?.closest?.('#conversations [data-id]')?.dataset.id;
    byId('conversations').replaceChildren(...[...groups].map(([name, list]) => this.#group(name, list)), ...this.#hint(found, words));
    if (focused) byId('conversations').querySelector(`[data-id="${CSS.escape(focused)}"] a`)?.focus();
    if (isSearch) announce(`${count(found.length, 'conversation')} found`);
  }

  #hint(found, words) {
    if (found.length > 0) return [];
    return [h('p', { class: 'hint' }, words.length ? 'No conversation has these words in its title.' : 'Your conversations will be kept here.')];
  }

  #group(name, list) {
    return h('section', {}, h('h2', {}, name), h('ul', {}, list.map((one) => this.#item(one))));
  }

  #item({ id, title }) {
    const name = title || 'Untitled';
    return h('li', { 'data-id': id, class: this.#running.has(id) ? 'running' : '' },
      h('a', { href: `#/c/${encodeURIComponent(id)}`, 'aria-current': id === this.#current ? 'page' : null, title: name }, name,
        this.#running.has(id) && h('span', { class: 'unseen' }, ' (answering)')),
      h('button', { type: 'button', class: 'quiet delete', 'aria-label': `Delete ${name}`, onclick: () => this.#confirm(id, name) }, icon('trash')));
  }

  #confirm(id, name) {
    const dialog = byId('delete-dialog');
    byId('delete-name').textContent = name;
    byId('delete-problem').hidden = true;
    dialog.onclose = null;
    byId('delete-no').onclick = () => dialog.close();
    byId('delete-yes').onclick = async () => {
      byId('delete-yes').disabled = true;
      try {
        await this.#remove(id);
        this.#removed(id, dialog);
      } catch (problem) {
        byId('delete-problem').textContent = problem.message;
        byId('delete-problem').hidden = false;
      } finally {
        byId('delete-yes').disabled = false;
      }
    };
    dialog.showModal();
    byId('delete-no').focus();
  }

  #removed(id, dialog) {
    const items = [...byId('conversations').querySelectorAll('[data-id]')];
    const at = items.findIndex((item) => item.dataset.id === id);
    const next = (items[at + 1] ?? items[at - 1])?.dataset.id;
    this.#conversations = this.#conversations.filter((known) => known.id !== id);
    dialog.close();
    this.#draw();
    const place = next && byId('conversations').querySelector(`[data-id="${CSS.escape(next)}"] a`);
    (place ?? byId('new-chat')).focus();
    announce('Conversation deleted');
  }
}
