/** Where questions are written. */
import { byId } from './dom.js';

const DRAFT = 'draft';

export class Composer {
  #field = byId('message');
  #send;

  /**
   * @param {function(string): boolean} send tells whether the question was taken
   * @param {function(): void} stop
   */
  constructor(send, stop) {
    this.#send = send;
    this.#field.value = sessionStorage.getItem(DRAFT) ?? '';
    this.#field.addEventListener('input', () => this.#changed());
    this.#field.addEventListener('keydown', (event) => {
      // While an input method composes a character, Enter belongs to it.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    byId('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    byId('stop').addEventListener('click', stop);
    this.#changed();
  }

  /** On a touch screen the focus would open the keyboard over the answer. */
  focus() {
    if (matchMedia('(pointer: fine)').matches) this.#field.focus();
  }

  /** Starts a question that the reader completes. */
  begin(text) {
    this.#field.value = text;
    this.#changed();
    this.#field.focus();
  }

  show({ isRunning, isStopping }) {
    const hadFocus = document.activeElement === byId('stop') || document.activeElement === byId('send');
    byId('stop').hidden = !isRunning;
    byId('stop').disabled = isStopping;
    byId('send').hidden = isRunning;
    if (hadFocus && isRunning !== (document.activeElement === byId('stop'))) this.focus();
  }

  #submit() {
    const message = this.#field.value.trim();
    if (message === '' || !this.#send(message)) return;
    this.#field.value = '';
    this.#changed();
  }

  #changed() {
    sessionStorage.setItem(DRAFT, this.#field.value);
    byId('send').disabled = this.#field.value.trim() === '';
    this.#field.style.height = 'auto';
    this.#field.style.height = `${Math.min(this.#field.scrollHeight, 240)}px`;
  }
}
