/** Keeps the end of the answer in sight, unless the reader went elsewhere. */
import { byId } from './dom.js';

const NEAR = 80;

export class Scroll {
  #place = byId('transcript');
  #isFollowing = true;
  #top = 0;

  constructor() {
    this.#place.addEventListener('scroll', () => this.#moved(), { passive: true });
    byId('latest').addEventListener('click', () => this.toEnd());
    new ResizeObserver(() => this.#isFollowing && this.toEnd()).observe(byId('conversation'));
  }

  toEnd() {
    this.#isFollowing = true;
    this.#place.scrollTop = this.#place.scrollHeight;
    this.#moved();
  }

  #moved() {
    const rest = this.#place.scrollHeight - this.#place.scrollTop - this.#place.clientHeight;
    // Growing content leaves the end behind too, but only the reader goes up.
    if (rest < NEAR) this.#isFollowing = true;
    else if (this.#place.scrollTop < this.#top) this.#isFollowing = false;
    this.#top = this.#place.scrollTop;
    byId('latest').hidden = this.#isFollowing;
  }
}
