/** Rows as a table that sorts by its headers. */
import { h, icon, announce } from './dom.js';
import { isDecimal, textOf } from './rows.js';
import { count, dayOf, integer } from './format.js';
import { sumOf } from './sum.js';

const PAGE = 100;
/** So many rows are found without a filter. */
const FEW = 10;

/**
 * @param {import('./rows.js').Rows} rows
 * @param {string} caption for screen readers
 */
export function tableOf({ rows, columns }, caption) {
  const body = h('tbody');
  const foot = h('tfoot', { hidden: true });
  const more = h('button', { class: 'quiet more', type: 'button' });
  const found = h('span', { class: 'hint' });
  let order = rows;
  let chosen = rows;
  let shown = 0;
  const digits = new Map(columns.map((column) => [column, decimalsOf(rows, column)]));
  const show = (upTo) => {
    body.append(...chosen.slice(shown, upTo).map((row) => h('tr', {}, columns.map((column) => cell(row[column.name], column, digits.get(column))))));
    shown = Math.min(upTo, chosen.length);
    more.hidden = shown >= chosen.length;
    more.textContent = `Show more (${integer(chosen.length - shown)} left)`;
  };
  more.addEventListener('click', () => show(shown + 2 * PAGE));
  const choose = (upTo) => {
    const words = filter.value.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
    chosen = words.length === 0 ? order : order.filter((row) => hasAll(row, columns, words));
    found.textContent = words.length === 0 ? '' : `${integer(chosen.length)} of ${count(rows.length, 'row')}`;
    shown = 0;
    body.replaceChildren();
    show(upTo);
    foot.replaceChildren(sums(chosen, columns, digits));
  };
  const reorder = (sorted) => {
    order = sorted;
    choose(Math.max(PAGE, shown));
  };
  const filter = h('input', { type: 'search', class: 'filter', 'aria-label': `Filter ${caption}`, placeholder: 'Filter rows', oninput: () => { choose(PAGE); announce(found.textContent); } });
  const sum = h('button', { type: 'button', class: 'quiet', 'aria-pressed': 'false', onclick: () => { foot.hidden = !foot.hidden; sum.setAttribute('aria-pressed', String(!foot.hidden)); } }, 'Sum');
  const hasSums = columns.some(isRight) && rows.length > 1;
  choose(PAGE);
  const head = h('thead', {}, h('tr', {}, headers({ rows, columns }, reorder)));
  const table = h('table', { class: 'rows' }, h('caption', { class: 'unseen' }, `${caption}, ${count(rows.length, 'row')}`), head, body, foot);
  return h('div', { class: 'table-frame' },
    (rows.length > FEW || hasSums) && h('div', { class: 'table-tools' }, rows.length > FEW && filter, found, hasSums && sum),
    h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': caption }, table), more);
}

/** In what is shown, or in what came. */
function hasAll(row, columns, words) {
  const text = columns.map(({ name }) => `${textOf(row[name])} ${dayOf(textOf(row[name])) ?? ''}`).join('\n').toLocaleLowerCase();
  return words.every((word) => text.includes(word));
}

/** Of the rows that are chosen, shown or not. */
function sums(rows, columns, digits) {
  return h('tr', {}, columns.map((column, index) => {
    if (!isRight(column)) return h('td', {}, index === 0 ? 'Sum' : '');
    const values = rows.map((row) => textOf(row[column.name])).filter(isDecimal);
    return h('td', { class: 'right' }, grouped(sumOf(values), digits.get(column)));
  }));
}

function headers({ rows, columns }, reorder) {
  const cells = columns.map((column) => {
    const button = h('button', { type: 'button' }, column.name, icon('sort'));
    const header = h('th', { scope: 'col', 'aria-sort': 'none', class: isRight(column) ? 'right' : null }, button);
    button.addEventListener('click', () => {
      const next = { none: 'ascending', ascending: 'descending', descending: 'none' }[header.getAttribute('aria-sort')];
      for (const other of cells) other.setAttribute('aria-sort', 'none');
      header.setAttribute('aria-sort', next);
      reorder(sorted(rows, column, next));
      announce(next === 'none' ? 'Original order' : `Sorted by ${column.name}, ${next}`);
    });
    return header;
  });
  return cells;
}

function sorted(rows, column, direction) {
  if (direction === 'none') return rows;
  const compare = comparator(column);
  const sign = direction === 'descending' ? -1 : 1;
  return [...rows].sort((a, b) => {
    const { isEmpty, order } = compare(a, b);
    return isEmpty ? order : order * sign;
  });
}

/** Compares for sorting; nothing comes last. */
function comparator({ name, isNumeric }) {
  const collator = new Intl.Collator(undefined, { numeric: true });
  return (a, b) => {
    const [left, right] = [textOf(a[name]), textOf(b[name])];
    if (left === '' || right === '') return { isEmpty: true, order: Number(left === '') - Number(right === '') };
    return { isEmpty: false, order: isNumeric ? Number(left) - Number(right) : collator.compare(left, right) };
  };
}

function cell(value, column, digits) {
  if (value === null || value === undefined) return h('td', { class: 'nothing' }, '–');
  const text = textOf(value);
  if (isRight(column)) return h('td', { class: 'right' }, grouped(text, digits));
  const day = typeof value === 'string' ? dayOf(text) : null;
  if (day !== null) return h('td', { title: text }, day);
  return h('td', { class: text.length > 40 ? 'long' : null }, text);
}

const isRight = ({ isNumeric, isName }) => isNumeric && !isName;

/** So that the points of a column stand below each other; 0 leaves each value its own digits. */
function decimalsOf(rows, column) {
  if (!isRight(column)) return 0;
  const most = Math.max(...rows.slice(0, 1000).map((row) => decimals(textOf(row[column.name]))));
  return most <= 4 ? most : 0;
}

const decimals = (text) => text.split('.')[1]?.length ?? 0;

/** The reader's grouping, all of the digits, and at least so many decimals. */
export function grouped(text, least = 0) {
  if (!isDecimal(text)) return text;
  const digits = Math.min(20, Math.max(least, decimals(text)));
  return new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(text);
}
