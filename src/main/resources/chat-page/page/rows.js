/** The rows in a tool's result: what they are, and in which columns. */

/**
 * @typedef {{name: string, isNumeric: boolean, isName: boolean}} Column isName: figures that count nothing, such as ids and years
 * @typedef {{rows: Object[], columns: Column[], note: string}} Rows
 */

/**
 * @param {string} content the result as the tool gave it
 * @returns {?Rows} null if it holds no rows
 */
export function rowsOf(content) {
  const end = endOfArray(content);
  if (end < 0) return null;
  let rows;
  try {
    rows = JSON.parse(content.slice(0, end), exactly);
  } catch {
    return null;
  }
  if (rows.some((row) => row === null || typeof row !== 'object' || Array.isArray(row))) return null;
  return { rows, columns: columnsOf(rows), note: content.slice(end).trim() };
}

/** The value as text: null as nothing, objects as JSON. */
export function textOf(value) {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export const isDecimal = (text) => /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text);

/** Keeps the digits of numbers that a double can't hold, and the cents of 12.30. */
function exactly(key, value, context) {
  if (typeof value !== 'number' || context?.source === undefined || String(value) === context.source) return value;
  const isShort = Number.isFinite(value) && context.source.replace(/e.*|\D/gi, '').length <= 15 && (value !== 0 || /^[-.0]*(e|$)/i.test(context.source));
  return isDecimal(context.source) || !isShort ? context.source : value;
}

function columnsOf(rows) {
  const names = new Set();
  for (const row of rows) for (const name of Object.keys(row)) names.add(name);
  return [...names].map((name) => {
    const values = rows.map((row) => row[name]).filter((value) => value !== null && value !== undefined && value !== '');
    const isNumeric = values.length > 0
      && values.every((value) => typeof value === 'number' || (typeof value === 'string' && value.length <= 40 && isDecimal(value)));
    return { name, isNumeric, isName: /(^|[_\s-])(id|ids|no|nr|number|code|year|zip|phone|sku)$/i.test(name) || /[a-z](Id|No|Code)$/.test(name) };
  });
}

/** Where the array ends with which the content begins; -1 if it does not begin with one. */
function endOfArray(content) {
  if (!/^\s*\[/.test(content)) return -1;
  let depth = 0;
  let inText = false;
  for (let at = 0; at < content.length; at += 1) {
    const character = content[at];
    if (inText) {
      if (character === '\\') at += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}
