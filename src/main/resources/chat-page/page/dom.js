/** Builds elements; text stays text, HTML is never parsed here. */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} tag
 * @param {Object} attributes `class`, any attribute (true: present; null, undefined, false: absent), or `onclick` and the like with a function
 * @param {...(Node|string|null|false|Array)} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (typeof value === 'function') element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? '' : value);
}

/** A picture from the page's sprite; decoration, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/** Says something to screen readers, politely. Equal sentences in a row are said again. */
export function announce(sentence) {
  const region = byId('announcements');
  region.textContent = region.textContent === sentence ? `${sentence}\u00a0` : sentence;
}

let lastId = 0;

/** An id that no other element has. */
export const freshId = (prefix) => `${prefix}-${++lastId}`;
