/** Lets a person change the arguments of a call that waits; loaded when somebody wants to. */
import { h, freshId } from './dom.js';
import { escaped, visible } from './format.js';

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** A field for each argument, with its value as JSON text: a number stays the digits that were typed. */
export class ArgumentsEditor {
  #told;
  #list;
  #fields;

  /**
   * @param {Object} told the arguments that were asked for
   * @param {function(Object, function): Element} list shows arguments
   */
  constructor(told, list) {
    this.#told = told;
    this.#list = list;
    this.#fields = new Map(Object.entries(told).map(([name, value]) => [name, fieldOf(name, value)]));
  }

  get isChanged() {
    return [...this.#fields.values()].some((field) => field.isChanged());
  }

  /** All arguments as one JSON text. */
  get json() {
    return `{${[...this.#fields].map(([name, field]) => `${JSON.stringify(name)}:${field.json()}`).join(',')}}`;
  }

  /** @param {function(): void} done */
  form(done) {
    const submit = (event) => {
      if (event.key !== 'Enter' || event.isComposing || event.shiftKey || event.target.localName === 'textarea') return;
      event.preventDefault();
      done();
    };
    return h('div', { class: 'editor', role: 'group', 'aria-label': 'Change the arguments', onkeydown: submit }, [...this.#fields.values()].map(({ element }) => element));
  }

  /** @returns {?string} what is wrong; it is said at the field too, and that has the focus */
  check() {
    const wrong = [...this.#fields.values()].filter((field) => field.check() !== null);
    wrong[0]?.focus();
    return wrong[0]?.check() ?? null;
  }

  /** What was asked for, and beside it what is to run. */
  difference() {
    return this.#list(this.#told, (name, value) => {
      const field = this.#fields.get(name);
      const old = visible(JSON.stringify(value, null, 2));
      return field.isChanged() ? [h('del', {}, h('span', { class: 'unseen' }, 'was '), old), ' ', h('ins', {}, h('span', { class: 'unseen' }, 'is now '), visible(field.json()))] : old;
    });
  }
}

/** How a value is written by people: a text as it is, unless something in it has no look of its own. */
function fieldOf(name, value) {
  if (typeof value === 'boolean') return field(name, choice(value), (text) => text, () => null);
  if (typeof value === 'number') return field(name, h('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off', value: JSON.stringify(value) }), (text) => text.trim(), (text) => (NUMBER.test(text.trim()) ? null : 'must be a number, such as 12.5'));
  if (typeof value === 'string' && visible(value) === value) return field(name, area(value), (text) => JSON.stringify(text), () => null);
  return field(name, area(escaped(JSON.stringify(value, null, 2))), (text) => text.trim(), flawOf);
}

function field(name, input, toJson, flaw) {
  const id = freshId('argument');
  const said = visible(JSON.stringify(name).slice(1, -1));
  const before = input.value;
  const problem = h('p', { class: 'field-problem', id: `${id}-problem`, hidden: true });
  input.id = id;
  input.setAttribute('aria-describedby', problem.id);
  return {
    element: h('div', {}, h('label', { for: id }, said), input, problem),
    isChanged: () => input.value !== before,
    json: () => toJson(input.value),
    focus: () => input.focus(),
    check: () => {
      const wrong = flaw(input.value);
      problem.textContent = wrong === null ? '' : `${said} ${wrong}.`;
      problem.hidden = wrong === null;
      input.setAttribute('aria-invalid', String(wrong !== null));
      return wrong === null ? null : problem.textContent;
    },
  };
}

function choice(value) {
  const select = h('select', {}, ['true', 'false'].map((text) => h('option', { selected: text === String(value) }, text)));
  select.value = String(value);
  return select;
}

function area(text) {
  const input = h('textarea', { rows: Math.min(8, 1 + Math.floor(text.length / 60) + (text.match(/\n/g)?.length ?? 0)), spellcheck: 'false' });
  input.value = text;
  return input;
}

function flawOf(text) {
  try {
    JSON.parse(text);
    return null;
  } catch {
    return 'must be JSON, such as "text", 12, ["a", "b"] or null';
  }
}
