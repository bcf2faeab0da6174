/** Rows as CSV and Markdown; loaded when somebody wants it. */
import { isDecimal, textOf } from './rows.js';

/** RFC 4180, with a mark by which spreadsheets know UTF-8. */
export function csvOf({ rows, columns }) {
  const names = columns.map(({ name }) => name);
  const lines = [names, ...rows.map((row) => names.map((name) => row[name]))];
  return `\ufeff${lines.map((line) => line.map(csvField).join(',')).join('\r\n')}\r\n`;
}

/** As a table in Markdown, for a message or a document. */
export function markdownOf({ rows, columns }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const plain = (value) => textOf(value).replaceAll('\\', '\\\\').replaceAll('|', '\\|').replace(/[<>]/g, (sign) => ({ '<': '&lt;', '>': '&gt;' })[sign]).replace(/\s*[\r\n]+\s*/g, ' ');
  return [
    line(columns.map(({ name }) => plain(name))),
    line(columns.map(({ isNumeric }) => (isNumeric ? '--:' : '---'))),
    ...rows.map((row) => line(columns.map(({ name }) => plain(row[name])))),
  ].join('\n').concat('\n');
}

/** A spreadsheet would run a text that begins like a formula; the apostrophe makes it text. */
function csvField(value) {
  let text = textOf(value);
  if (typeof value !== 'number' && /^[\s\u0000]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]/.test(text) && !isDecimal(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) || text.startsWith("'") ? `"${text.replaceAll('"', '""')}"` : text;
}
