/** Keeps the end of the answer in sight as long as its question is too, unless the reader went elsewhere. */
import { byId } from './dom.js';

const NEAR = 80;
/** Pixels between a question and the upper edge. */
const ROOM = 16;

export class Scroll {
  #place = byId('transcript');
  #isFollowing = true;
  #question = null;
  #top = 0;

  constructor() {
    this.#place.addEventListener('scroll', () => this.#moved(), { passive: true });
    byId('latest').addEventListener('click', () => this.toEnd());
    new ResizeObserver(() => this.#follow()).observe(byId('conversation'));
  }

  /** To the end, which is followed from now on. */
  toEnd() {
    this.#question = null;
    this.#isFollowing = true;
    this.#go(this.#place.scrollHeight);
  }

  /** Follows the answer until it fills the screen: who reads it begins at its beginning. */
  toQuestion() {
    this.#question = byId('conversation').querySelector('.turn:last-child .question');
    this.#isFollowing = true;
    this.#go(this.#place.scrollHeight);
  }

  #follow() {
    if (this.#isFollowing) this.#go(this.#place.scrollHeight);
    else this.#moved();
  }

  #go(end) {
    this.#place.scrollTop = Math.min(end, this.#most());
    this.#moved();
  }

  /** How far it is followed. */
  #most() {
    if (!this.#question?.isConnected) return Infinity;
    return this.#question.getBoundingClientRect().top - this.#place.getBoundingClientRect().top + this.#place.scrollTop - ROOM;
  }

  #moved() {
    const { scrollHeight, scrollTop, clientHeight } = this.#place;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (scrollTop > this.#most() + 4) {
      this.#question = null; // the reader has read on
      this.#isFollowing = isAtEnd;
    } else if (isAtEnd) this.#isFollowing = true;
    // Growing content leaves the end behind too, but only the reader goes up.
    else if (scrollTop < this.#top) this.#isFollowing = false;
    this.#top = scrollTop;
    byId('latest').hidden = isAtEnd;
  }
}
