/** Who asks: nothing, a key, or an OpenID provider's token. Kept for this tab only. */
import { byId, h } from './dom.js';
import { configure } from './settings.js';

const KEY = 'access-key';
const TOKENS = 'oidc-tokens';

const oidc = () => import('./oidc.js'); // not everybody signs in there

export class SignIn {
  #methods = ['none'];
  #provider = null;
  #people = [];
  #message = '';
  #refreshing = null;

  /** Asks the agent how to sign in, and completes a return from the provider. */
  async prepare() {
    const response = await fetch('/sign-in.json', { cache: 'no-store', headers: { Accept: 'application/json' } }).catch(() => null);
    if (!response?.ok) return;
    const told = await response.json().catch(() => ({}));
    this.#methods = told.methods?.length ? told.methods : ['none'];
    this.#provider = told.oidc ?? null;
    this.#offer(told.people ?? []);
    configure(told.page ?? {});
    if (!this.#provider) return;
    try {
      const tokens = await (await oidc()).arrive(this.#provider);
      if (tokens) sessionStorage.setItem(TOKENS, JSON.stringify(tokens));
    } catch (error) {
      this.#message = error.message;
    }
  }

  get isNeeded() {
    return !this.#methods.includes('none') && !this.isSignedIn;
  }

  get isSignedIn() {
    if (this.#people.length > 0) return false; // a choice is changed, not ended
    return sessionStorage.getItem(KEY) !== null || sessionStorage.getItem(TOKENS) !== null;
  }

  /** The Authorization header; null without a sign-in. */
  async header() {
    const key = sessionStorage.getItem(KEY);
    if (key !== null) return `Bearer ${key}`;
    const tokens = await this.#freshTokens();
    return tokens ? `Bearer ${tokens.accessToken}` : null;
  }

  forget(message = '') {
    sessionStorage.removeItem(KEY);
    sessionStorage.removeItem(TOKENS);
    this.#message = message;
  }

  /**
   * Shows the sign-in.
   * @param {function(): Promise<void>} check tries the key; fails if it is not accepted
   */
  show(check) {
    const form = byId('key-form');
    const provider = byId('provider-button');
    form.hidden = this.#methods.includes('oidc') && !this.#methods.includes('key');
    provider.hidden = !this.#methods.includes('oidc');
    byId('sign-in-or').hidden = form.hidden || provider.hidden;
    byId('key-button').className = `${provider.hidden ? 'primary' : 'secondary'} wide`;
    this.#say(this.#message);
    provider.onclick = () => oidc().then(({ leave }) => leave(this.#provider)).catch((error) => this.#say(error.message));
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#tryKey(check);
    };
    (form.hidden ? provider : byId('key')).focus();
  }

  /** In dev mode one can ask as one of a few people. All that is shown is somebody's, so the page begins anew. */
  #offer(people) {
    this.#people = people;
    const place = byId('person');
    byId('as-whom').hidden = people.length === 0;
    if (people.length === 0) return;
    place.replaceChildren(h('option', { value: '' }, 'nobody in particular'), ...people.map(({ key, name }) => h('option', { value: key }, name)));
    place.value = people.some(({ key }) => key === sessionStorage.getItem(KEY)) ? sessionStorage.getItem(KEY) : '';
    if (place.value === '') sessionStorage.removeItem(KEY);
    place.onchange = () => {
      if (place.value === '') sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, place.value);
      location.assign('/');
    };
  }

  async #tryKey(check) {
    const field = byId('key');
    const key = field.value.trim();
    if (key === '') return this.#say('Paste your access key first.');
    if (!/^[\x21-\x7e]+$/.test(key)) return this.#say('A key has no spaces or special characters.');
    sessionStorage.setItem(KEY, key);
    byId('key-button').disabled = true;
    try {
      await check();
      field.value = '';
    } catch (problem) {
      sessionStorage.removeItem(KEY);
      this.#say(problem.status === 401 ? 'That key is not accepted.' : problem.message);
      field.focus();
    } finally {
      byId('key-button').disabled = false;
    }
  }

  async #freshTokens() {
    const tokens = JSON.parse(sessionStorage.getItem(TOKENS) ?? 'null');
    if (!tokens || tokens.expiresAt > Date.now() + 30_000 || !tokens.refreshToken) return tokens;
    // Two calls at once must not use the refresh token twice: providers take that for theft.
    this.#refreshing ??= oidc().then(({ refresh }) => refresh(this.#provider, tokens.refreshToken))
      .then((fresh) => {
        sessionStorage.setItem(TOKENS, JSON.stringify(fresh));
        return fresh;
      })
      .catch(() => tokens)
      .finally(() => {
        this.#refreshing = null;
      });
    return this.#refreshing;
  }

  #say(message) {
    const place = byId('sign-in-message');
    place.textContent = message;
    place.hidden = message === '';
  }
}
