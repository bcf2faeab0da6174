/** Puts the page together: who is signed in, which conversation is open, and the keys. */
import { Api, Problem } from './api.js';
import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { byId, h, icon } from './dom.js';
import { visible } from './format.js';
import { Scroll } from './scroll.js';
import { settings } from './settings.js';
import { Sidebar } from './sidebar.js';
import { SignIn } from './sign-in.js';
import { Status } from './status.js';
import { loadMarkdown } from './answer-text.js';
import { problemCard } from './turn-parts.js';

const APPROVALS = '#/approvals';
const APPROVALS_EVERY = 60_000;

class App {
  #signIn = new SignIn();
  #api = new Api(this.#signIn, () => this.#signInAgain());
  #sidebar = new Sidebar((id) => this.#remove(id));
  #status = new Status(() => this.#api.health());
  #composer = new Composer((message) => this.#send(message), () => this.#current.stop());
  #scroll = new Scroll();
  #known = new Map();
  #current = this.#fresh();
  #listings = 0;
  #approvals = null;

  async start() {
    this.#listen();
    this.#status.check();
    await this.#signIn.prepare();
    this.#brand();
    if (this.#signIn.isNeeded) this.#showSignIn();
    else this.#enter();
    document.body.dataset.ready = 'true';
    // The first paint did without it, the first answer will not.
    (globalThis.requestIdleCallback ?? setTimeout)(() => loadMarkdown());
  }

  #brand() {
    document.title = settings.name;
    byId('name').textContent = settings.name;
    byId('welcome-title').textContent = settings.welcome;
    if (settings.mark === '') return;
    for (const mark of document.querySelectorAll('.mark')) mark.replaceWith(h('span', { class: 'mark letters', 'aria-hidden': 'true' }, [...settings.mark].slice(0, 3).join('')));
  }

  #listen() {
    addEventListener('hashchange', () => this.#route());
    byId('new-chat').addEventListener('click', () => this.#openNew());
    byId('sign-out').addEventListener('click', () => this.#signOut());
    byId('menu').addEventListener('click', () => this.#showMenu(true));
    byId('veil').addEventListener('click', () => this.#showMenu(false));
    byId('close-menu').addEventListener('click', () => this.#showMenu(false));
    byId('theme').addEventListener('click', () => this.#showTheme(globalThis.theme.next()));
    byId('keys-help').addEventListener('click', () => byId('keys-dialog').showModal());
    byId('keys-close').addEventListener('click', () => byId('keys-dialog').close());
    byId('skip').addEventListener('click', (event) => {
      event.preventDefault(); // the address names the conversation
      byId('message').focus();
    });
    document.addEventListener('keydown', (event) => this.#key(event));
    matchMedia('(max-width: 800px)').addEventListener('change', () => this.#showMenu(false));
    setInterval(() => document.hidden || this.#countApprovals(), APPROVALS_EVERY);
    this.#showTheme(globalThis.theme.current());
    this.#showMenu(false);
  }

  #key(event) {
    if (byId('app').hidden || document.querySelector('dialog[open]')) return;
    const isCommand = event.ctrlKey || event.metaKey;
    if (event.key === 'Escape' && document.body.classList.contains('menu-open')) this.#showMenu(false);
    else if (event.key === 'Escape' && this.#current.isRunning) this.#current.stop();
    else if (event.altKey && !isCommand && event.code === 'KeyN') this.#openNew();
    else if (event.key === '?' && !event.target.closest('input, textarea, select')) byId('keys-dialog').showModal();
    else if (isCommand && !event.altKey && event.key.toLowerCase() === 'k') this.#focusSearch();
    else return;
    event.preventDefault();
  }

  #enter() {
    byId('sign-in').hidden = true;
    byId('app').hidden = false;
    byId('sign-out').hidden = !this.#signIn.isSignedIn;
    this.#route();
    this.#list();
    this.#countApprovals();
  }

  #showSignIn() {
    byId('app').hidden = true;
    byId('sign-in').hidden = false;
    this.#signIn.show(() => this.#api.conversations().then(() => this.#enter()));
  }

  #signInAgain() {
    if (!byId('sign-in').hidden) return; // a key is being tried
    this.#signIn.forget('Please sign in again: your sign-in has expired or is not accepted.');
    this.#showSignIn();
  }

  #signOut() {
    this.#signIn.forget();
    for (const conversation of this.#known.values()) conversation.stop();
    this.#known.clear();
    this.#listings += 1; // a list on its way is nobody's any more
    this.#sidebar.show([]);
    this.#approvals = null;
    byId('approvals').replaceChildren();
    byId('approvals-count').hidden = true;
    this.#openNew();
    this.#showSignIn();
  }

  /** Only the newest answer counts: an older one may come later. */
  async #list() {
    const listing = ++this.#listings;
    try {
      const conversations = await this.#api.conversations();
      if (listing !== this.#listings) return;
      this.#sidebar.show(conversations);
      byId('list-problem').hidden = true;
    } catch (problem) {
      if (listing !== this.#listings) return;
      byId('list-problem').textContent = `The list could not be loaded. ${problem.message}`;
      byId('list-problem').hidden = problem.status === 401;
    }
    this.#draw();
  }

  #fresh(id = null) {
    const conversation = new Conversation(this.#api, id);
    conversation.onChange = () => this.#changed(conversation);
    conversation.onRepeat = (question) => this.#send(question);
    conversation.onEdit = (question) => this.#composer.begin(question);
    if (id !== null) this.#known.set(id, conversation);
    return conversation;
  }

  #route() {
    if (this.#signIn.isNeeded) return;
    this.#showApprovals(location.hash === APPROVALS);
    if (location.hash === APPROVALS) return undefined;
    const id = decodeURIComponent(/^#\/c\/([^/]+)$/.exec(location.hash)?.[1] ?? '');
    if (id === '' && this.#current.id === null && this.#current.isEmpty) return this.#show(this.#current);
    if (id !== '' && id === this.#current.id) return this.#show(this.#current);
    return this.#show(id === '' ? this.#fresh() : this.#known.get(id) ?? this.#fresh(id));
  }

  #openNew() {
    if (location.hash !== '') history.pushState(null, '', location.pathname);
    this.#showApprovals(false);
    this.#show(this.#current.isEmpty && this.#current.id === null ? this.#current : this.#fresh());
  }

  async #show(conversation) {
    this.#current = conversation;
    this.#showMenu(false);
    byId('conversation').replaceChildren(conversation.element);
    this.#draw();
    if (!conversation.isLoaded) await this.#load(conversation);
    if (conversation !== this.#current) return;
    this.#draw();
    this.#scroll.toEnd();
    this.#composer.focus();
  }

  async #load(conversation) {
    byId('conversation').setAttribute('aria-busy', 'true');
    try {
      await conversation.load();
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem({});
      this.#known.delete(conversation.id);
      conversation.element.replaceChildren(problemCard(problem.status === 404
        ? { title: 'There is no such conversation', detail: 'It was deleted, it has expired, or it belongs to somebody else.' } : problem,
      [{ name: 'New chat', act: () => this.#openNew() }, ...(problem.status === 404 ? [] : [{ name: 'Try again', act: () => this.#show(this.#fresh(conversation.id)) }])]));
    } finally {
      byId('conversation').removeAttribute('aria-busy');
    }
  }

  #send(message) {
    if (this.#current.isRunning || !this.#current.isLoaded) return false;
    const conversation = this.#current;
    conversation.ask(message).then(() => {
      this.#list();
      this.#countApprovals();
      this.#status.check();
    });
    this.#scroll.toQuestion();
    return true;
  }

  #changed(conversation) {
    for (const [id, known] of this.#known) if (known === conversation && id !== conversation.id) this.#forget(id, conversation);
    if (conversation.id !== null && !this.#known.has(conversation.id)) {
      this.#known.set(conversation.id, conversation);
      this.#sidebar.add(conversation.id, conversation.title);
      if (conversation === this.#current && location.hash !== APPROVALS) history.replaceState(null, '', `#/c/${encodeURIComponent(conversation.id)}`);
    }
    this.#draw();
  }

  /** Instead of the conversation, which continues meanwhile. */
  async #showApprovals(isShown) {
    byId('approvals').hidden = !isShown;
    byId('bottom').hidden = isShown;
    if (isShown) byId('approvals-link').setAttribute('aria-current', 'page');
    else byId('approvals-link').removeAttribute('aria-current');
    this.#draw();
    if (!isShown) return;
    this.#showMenu(false);
    const { ApprovalsPage } = await import('./approvals.js');
    this.#approvals ??= new ApprovalsPage(this.#api, () => this.#countApprovals());
    byId('approvals').replaceChildren(this.#approvals.element);
    await this.#approvals.load();
    this.#countApprovals();
  }

  /** How many calls wait is told beside the link; nothing while that is not known. */
  async #countApprovals() {
    if (this.#signIn.isNeeded || byId('app').hidden) return;
    const { approvals = [], next } = await this.#api.waiting().catch(() => ({}));
    byId('approvals-count').hidden = approvals.length === 0;
    byId('approvals-count').textContent = `${approvals.length}${next ? '+' : ''}`;
    byId('approvals-count').title = 'waiting';
  }

  /** It came to nothing: the agent does not keep it, but its question stays on the page until another one is opened. */
  #forget(id, conversation) {
    this.#known.delete(id);
    if (conversation === this.#current && location.hash !== APPROVALS) history.replaceState(null, '', location.pathname);
  }

  #draw() {
    const { id, isEmpty, isLoaded, title } = this.#current;
    const isElsewhere = !byId('approvals').hidden;
    const name = isElsewhere ? 'Approvals' : this.#sidebar.titleOf(id) || title;
    byId('title').textContent = name || 'New chat';
    document.title = name ? `${name} · ${settings.name}` : settings.name;
    byId('conversation').hidden = isElsewhere || isEmpty && isLoaded;
    const hasNoWelcome = isElsewhere || !isEmpty || !isLoaded;
    if (byId('welcome').hidden !== hasNoWelcome) this.#drawWelcome(hasNoWelcome);
    this.#composer.show(this.#current);
    this.#sidebar.mark(isElsewhere ? null : id, new Set([...this.#known.values()].filter(({ isRunning }) => isRunning).map((known) => known.id)));
  }

  #drawWelcome(isHidden) {
    byId('welcome').hidden = isHidden;
    if (isHidden) return;
    const { examples } = settings;
    if (examples.length === 0) return void this.#drawTools();
    byId('examples').replaceChildren(...examples.map(({ title, question }) => example(title, question, () => this.#send(question) && this.#composer.focus())));
  }

  /** Where nobody has written examples, what one may use says what can be asked. */
  async #drawTools() {
    const tools = await this.#api.tools().catch(() => []);
    if (settings.examples.length > 0) return;
    byId('examples').replaceChildren(...tools.filter(({ offered }) => offered).slice(0, MOST_TOOLS).map(({ name, use }) => {
      const title = titleOf(name);
      return example(title, use === 'ask' ? 'Waits for an approval' : 'Begin a question', () => this.#composer.begin(`${title}: `));
    }));
  }

  async #remove(id) {
    const conversation = this.#known.get(id);
    if (conversation?.isRunning) await conversation.stop();
    await this.#api.remove(id).catch((problem) => {
      if (problem.status !== 404) throw problem; // gone already is good enough
    });
    this.#listings += 1; // a list on its way may still have it
    this.#known.delete(id);
    if (this.#current.id === id) this.#openNew();
  }

  /** On narrow screens the list lies over the conversation; what is covered or away can't be reached. */
  #showMenu(isOpen) {
    const isNarrow = matchMedia('(max-width: 800px)').matches;
    const isShown = isNarrow && isOpen;
    const wasOpen = document.body.classList.contains('menu-open');
    document.body.classList.toggle('menu-open', isShown);
    byId('sidebar').inert = isNarrow && !isOpen;
    byId('main').inert = isShown;
    byId('menu').setAttribute('aria-expanded', String(isShown));
    if (isShown) byId('close-menu').focus();
    else if (wasOpen) byId('menu').focus();
  }

  #focusSearch() {
    this.#showMenu(true);
    byId('search').focus();
  }

  #showTheme(theme) {
    const name = { auto: 'automatic', light: 'light', dark: 'dark' }[theme];
    byId('theme').dataset.theme = theme;
    byId('theme').setAttribute('aria-label', `Appearance: ${name}`);
    byId('theme').title = `Appearance: ${name}`;
  }
}

const MOST_TOOLS = 6;

function example(title, text, act) {
  return h('li', {}, h('button', { type: 'button', onclick: act }, title !== '' && h('b', {}, title), h('span', {}, text), icon('arrow')));
}

/** `my_orders` as people write it. */
function titleOf(name) {
  const words = visible(name).replace(/[_-]+/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2').trim().toLocaleLowerCase();
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

new App().start();
