/** Draws a series; loaded when the first one is shown. */
import uPlot from '/vendor/uplot/uPlot.esm.js';
import { h } from './dom.js';
import { grouped } from './table.js';
import { bars, lines } from './chart-kinds.js';

const drawn = new Set();

document.addEventListener('themechange', () => redraw());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => redraw());

/** Once the new colors stand. */
function redraw() {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    for (const chart of drawn) chart.draw();
  }));
}

const styled = new Promise((resolve) => {
  const sheet = h('link', { rel: 'stylesheet', href: '/vendor/uplot/uPlot.min.css', onload: resolve, onerror: resolve });
  document.head.append(sheet);
});

/**
 * @param {import('./series.js').Series} series
 * @param {string} title
 */
export class Chart {
  element;
  #series;
  #first;
  #chosen;
  #canvas = h('div', { class: 'canvas', role: 'img' });
  #tip = h('div', { class: 'tip', hidden: true });
  #plot = null;
  #width = 0;

  constructor(series, title) {
    this.#series = series;
    this.#first = firstChoice(series);
    this.#chosen = new Set([this.#first]);
    const choices = series.measures.length > 1 ? this.#choices() : h('span', { class: 'measure' }, series.measures[0].name);
    this.element = h('figure', { class: `chart ${series.kind}` }, h('figcaption', {}, h('span', { class: 'unseen' }, `${title}: `), choices), this.#canvas);
    new ResizeObserver(([entry]) => this.#fit(Math.floor(entry.contentRect.width))).observe(this.#canvas);
    drawn.add(this);
  }

  async #fit(width) {
    await styled;
    if (width > 0 && width !== this.#width) {
      this.#width = width;
      this.draw();
    }
  }

  draw() {
    if (this.#width === 0) return;
    this.#plot?.destroy();
    this.#canvas.setAttribute('aria-label', this.#description());
    const measures = this.#series.measures.filter((_, index) => this.#chosen.has(index));
    const view = { ...this.#series, measures, colors: measures.map((measure) => this.#color(this.#series.measures.indexOf(measure))) };
    const { options, data } = (this.#series.kind === 'time' ? lines : bars)(uPlot, view, this.#width, this.#look());
    options.hooks = { ...options.hooks, setCursor: [(plot) => this.#point(plot, view)] };
    this.#plot = new uPlot(options, data, this.#canvas);
    this.#tip.hidden = true;
    this.#canvas.append(this.#tip);
  }

  #choices() {
    const buttons = this.#series.measures.map(({ name }, index) => h('button', {
      type: 'button',
      class: `measure ${this.#styleName(index)}`,
      'aria-pressed': String(this.#chosen.has(index)),
      onclick: () => {
        this.#choose(index);
        for (const [at, button] of buttons.entries()) button.setAttribute('aria-pressed', String(this.#chosen.has(at)));
        this.draw();
      },
    }, name));
    return h('span', { class: 'measures', role: 'group', 'aria-label': 'Shown figures' }, buttons);
  }

  /** Lines may be compared; bars show one figure at a time. */
  #choose(index) {
    if (this.#series.kind === 'category') this.#chosen = new Set([index]);
    else if (!this.#chosen.has(index)) this.#chosen.add(index);
    else if (this.#chosen.size > 1) this.#chosen.delete(index);
  }

  #point(plot, { names, measures }) {
    const at = plot.cursor.idx;
    this.#tip.hidden = at === null || at === undefined || plot.cursor.left < 0;
    if (this.#tip.hidden) return;
    this.#tip.replaceChildren(h('b', {}, names[at]), ...measures.map(({ name, values }) =>
      h('span', {}, `${measures.length > 1 ? `${name} ` : ''}${values[at] === null ? '–' : grouped(String(values[at]))}`)));
    const left = plot.bbox.left / devicePixelRatio + plot.cursor.left;
    const isRight = left > this.#width / 2;
    this.#tip.style.left = isRight ? '' : `${left + 12}px`;
    this.#tip.style.right = isRight ? `${this.#width - left + 12}px` : '';
    this.#tip.style.top = `${Math.max(4, plot.bbox.top / devicePixelRatio + plot.cursor.top - 40)}px`;
  }

  #description() {
    const { kind, label, names, measures } = this.#series;
    const shown = measures.filter((_, index) => this.#chosen.has(index)).map(({ name, values }) => {
      const known = values.filter((value) => value !== null);
      return `${name} from ${grouped(String(Math.min(...known)))} to ${grouped(String(Math.max(...known)))}`;
    });
    return `${kind === 'time' ? 'Line' : 'Bar'} chart by ${label}, ${names[0]} to ${names.at(-1)}: ${shown.join('; ')}. The table has the same figures.`;
  }

  #color(index) {
    return this.#styleOf(this.#styleName(index)).color;
  }

  /** The figure shown first has the first color. */
  #styleName(index) {
    const { length } = this.#series.measures;
    return `series-${((index - this.#first + length) % length) % 6}`;
  }

  #look() {
    const { color, borderTopColor, fontFamily } = this.#styleOf('axis');
    return { text: color, grid: borderTopColor, font: `12px ${fontFamily}` };
  }

  /** Canvas knows no style sheets: the colors are read from an element that does. */
  #styleOf(name) {
    const probe = h('i', { class: `probe ${name}` });
    this.#canvas.append(probe);
    const { color, borderTopColor, fontFamily } = getComputedStyle(probe);
    probe.remove();
    return { color, borderTopColor, fontFamily };
  }
}

/** The figure with the largest values: money rather than pieces. */
function firstChoice({ measures }) {
  const largest = measures.map(({ values }) => Math.max(...values.map((value) => Math.abs(value ?? 0))));
  return largest.indexOf(Math.max(...largest));
}
