/** A tool call of a turn: a line that unfolds to its arguments and rows, and a chart where they are a series. */
import { h, icon } from './dom.js';
import { argumentsOf, count, duration, visible } from './format.js';
import { copyButton } from './turn-parts.js';
import { rowsOf } from './rows.js';
import { seriesOf } from './series.js';

const OUTCOMES = {
  running: 'Running',
  ok: 'Done',
  error: 'Failed',
  unknown_tool: 'No such tool',
  denied: 'Not allowed',
  approval_required: 'Needs approval',
  declined: 'Declined',
  unavailable: 'Unavailable',
  timeout: 'Timed out',
  outcome_unknown: 'Outcome unknown',
  stopped: 'Stopped',
};

const LONGEST_TEXT = 20_000;

export class ToolCall {
  element;
  id;
  outcome = 'running';
  series = null;
  #name;
  #arguments = '';
  #badge = h('span', { class: 'badge' });
  #facts = h('span', { class: 'facts' });
  #asked = h('pre', { class: 'arguments', tabindex: '0' });
  #result = h('div', { class: 'result' });
  #table = h('div', { class: 'table-place' });
  #chart = h('div', { class: 'chart-place', hidden: true });
  #toggle = null;
  #rows = null;

  constructor(id, name) {
    this.id = id;
    this.#name = name;
    const line = h('summary', {}, icon('chevron'), h('span', { class: 'tool-name' }, visible(name)), this.#badge, this.#facts);
    const inside = h('div', { class: 'inside' }, h('p', { class: 'part' }, 'Arguments'), this.#asked, this.#result);
    this.element = h('div', { class: 'tool-call' }, h('details', { ontoggle: () => this.#showRows() }, line, inside), this.#chart);
    this.#asked.setAttribute('aria-label', `Arguments of ${name}`);
    this.#asked.setAttribute('role', 'group');
    this.#become('running');
  }

  get name() {
    return this.#name;
  }

  /** More of the arguments' JSON. */
  addArguments(delta) {
    this.#arguments += delta;
    this.setArguments(this.#arguments);
  }

  setArguments(value) {
    const told = argumentsOf(value);
    this.#asked.textContent = visible(typeof told === 'string' ? told : JSON.stringify(told, null, 2));
  }

  /** @param {string} content the rows, or a sentence on the failure */
  finish(content, outcome, millis) {
    const rows = outcome === 'ok' ? rowsOf(content) : null;
    this.#become(outcome);
    this.#facts.textContent = [rows && count(rows.rows.length, 'row'), duration(millis)].filter(Boolean).join(' · ');
    this.#rows = rows;
    this.#result.replaceChildren(...(rows ? this.#partsOf(rows) : plain(content)));
    if (this.element.firstElementChild.open) this.#showRows();
  }

  /** The turn ended before the call did. */
  stop() {
    if (this.outcome === 'running') this.#become('stopped');
  }

  waitForApproval() {
    if (['running', 'stopped'].includes(this.outcome)) this.#become('approval_required');
  }

  async showChart() {
    if (!this.series) return;
    this.#chart.hidden = false;
    this.#toggle?.setAttribute('aria-pressed', 'true');
    if (this.#chart.childElementCount > 0) return;
    try {
      const { Chart } = await import('./chart.js');
      if (this.#chart.childElementCount === 0) this.#chart.append(new Chart(this.series, this.#name).element);
    } catch {
      this.#chart.replaceChildren(h('p', { class: 'hint' }, 'The chart could not be loaded. The table has the same figures.'));
    }
  }

  hideChart() {
    this.#chart.hidden = true;
    this.#toggle?.setAttribute('aria-pressed', 'false');
  }

  #become(outcome) {
    this.outcome = outcome;
    this.element.dataset.outcome = outcome;
    this.#badge.textContent = OUTCOMES[outcome] ?? outcome;
  }

  /** A table is built when somebody looks. */
  async #showRows() {
    if (!this.#rows?.rows.length || this.#table.childElementCount > 0) return;
    try {
      const { tableOf } = await import('./table.js');
      this.#table.replaceChildren(tableOf(this.#rows, `Rows of ${this.#name}`));
    } catch {
      this.#table.textContent = 'The table could not be loaded. The CSV file has the same rows.';
    }
  }

  #partsOf(rows) {
    if (rows.rows.length === 0) return [h('p', { class: 'hint' }, 'No rows.'), ...note(rows.note)];
    this.series = seriesOf(rows);
    const buttons = h('div', { class: 'tools' }, h('p', { class: 'part' }, count(rows.rows.length, 'row')), this.series && this.#chartButton(),
    copyButton('Copy Markdown', () => import('./csv.js').then(({ markdownOf }) => markdownOf(rows))),
    copyButton('Copy CSV', () => import('./csv.js').then(({ csvOf }) => csvOf(rows).slice(1))), h('button', {
      type: 'button', class: 'quiet', onclick: () => import('./csv.js').then(({ csvOf }) => download(csvOf(rows), `${this.#name.replace(/[^\w.-]+/g, '_')}.csv`)),
    }, icon('download'), 'CSV'));
    return [buttons, this.#table, ...note(rows.note)];
  }

  #chartButton() {
    this.#toggle = h('button', {
      type: 'button', class: 'quiet', 'aria-pressed': 'false', onclick: () => (this.#chart.hidden ? this.showChart() : this.hideChart()),
    }, icon('chart'), 'Chart');
    return this.#toggle;
  }
}

const note = (text) => (text === '' ? [] : [h('p', { class: 'hint' }, text)]);

function plain(content) {
  const text = content.length > LONGEST_TEXT ? `${content.slice(0, LONGEST_TEXT)}… (${count(content.length - LONGEST_TEXT, 'character')} more)` : content;
  return text.trim() === '' ? [] : [h('p', { class: 'part' }, 'Result'), h('pre', { class: 'text', tabindex: '0', role: 'group', 'aria-label': 'Result' }, text)];
}

function download(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  h('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
