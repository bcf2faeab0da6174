/** Finds out whether rows are a series that a chart can show. */

const MOST_CATEGORIES = 25;

const PERIODS = [
  { unit: 'year', pattern: /^((?:19|20)\d\d)$/, at: (m) => Number(m[1]) },
  { unit: 'quarter', pattern: /^(\d{4})[- ]?Q([1-4])$/i, at: (m) => Number(m[1]) * 4 + Number(m[2]) - 1 },
  { unit: 'month', pattern: /^(\d{4})-(\d{2})$/, at: (m) => Number(m[1]) * 12 + Number(m[2]) - 1 },
  { unit: 'day', pattern: /^(\d{4})-(\d{2})-(\d{2})(?:T00:00:00(?:\.0+)?Z?)?$/, at: (m) => Date.UTC(m[1], m[2] - 1, m[3]) / 86_400_000 },
  { unit: 'second', pattern: /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/, at: (m) => Date.parse(m.input) / 1000 },
];

/**
 * @typedef {Object} Series
 * @property {'time'|'category'} kind
 * @property {string} label       the column on the axis
 * @property {string} unit        of a time: year, quarter, month, day, second
 * @property {number[]} positions on the axis, ascending; a category's is its index
 * @property {string[]} names     of the positions, as the rows tell them
 * @property {{name: string, values: (number|null)[]}[]} measures
 * @property {boolean} isEvident  whether a reader would expect a chart
 */

/**
 * @param {import('./rows.js').Rows} rows
 * @returns {?Series}
 */
export function seriesOf({ rows, columns }) {
  if (rows.length < 2 || rows.length > 5000) return null;
  const label = labelOf(columns, rows);
  const measures = columns.filter((column) => column.isNumeric && !column.isName && column !== label);
  if (!label || measures.length === 0) return null;
  const names = rows.map((row) => String(row[label.name] ?? ''));
  if (new Set(names).size !== names.length || names.includes('')) return null;
  return timeSeries(rows, label, measures, names) ?? categorySeries(rows, columns, label, measures, names);
}

/** The first column that names something, or the better name behind an id. */
function labelOf(columns, rows) {
  const [first] = columns;
  const isPeriod = !first.isName || /year/i.test(first.name);
  if (isPeriod && periodOf(rows.map((row) => String(row[first.name] ?? '')))) return first;
  return columns.find(({ name, isNumeric }) => !isNumeric && /^(name|title|label)$|_name$/i.test(name))
    ?? columns.find(({ isNumeric, isName }) => !isNumeric && !isName);
}

const periodOf = (names) => PERIODS.find(({ pattern }) => names.every((name) => pattern.test(name)));

function timeSeries(rows, label, measures, names) {
  const period = periodOf(names);
  if (!period) return null;
  const points = rows.map((row, index) => ({ row, name: names[index], at: period.at(period.pattern.exec(names[index])) }));
  if (points.some(({ at }) => !Number.isFinite(at))) return null;
  points.sort((a, b) => a.at - b.at);
  return {
    kind: 'time',
    label: label.name,
    unit: period.unit,
    positions: points.map(({ at }) => at),
    names: points.map(({ name }) => name),
    measures: measuresOf(points.map(({ row }) => row), measures),
    isEvident: rows.length > 2,
  };
}

function categorySeries(rows, columns, label, measures, names) {
  if (rows.length > MOST_CATEGORIES) return null;
  const words = columns.filter(({ isNumeric, isName }) => !isNumeric && !isName).length;
  return {
    kind: 'category',
    label: label.name,
    unit: '',
    positions: rows.map((_, index) => index),
    names,
    measures: measuresOf(rows, measures),
    isEvident: rows.length > 2 && words <= 2 && measures.length <= 3,
  };
}

function measuresOf(rows, columns) {
  return columns.map(({ name }) => ({
    name,
    values: rows.map((row) => (row[name] === null || row[name] === undefined || row[name] === '' ? null : Number(row[name]))),
  }));
}
