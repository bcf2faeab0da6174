/** Figures, times and foreign text as people read them. */

const integers = new Intl.NumberFormat();

export const integer = (value) => integers.format(value);

export function count(value, noun) {
  return `${integer(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** @param {number} millis */
export function duration(millis) {
  if (!Number.isFinite(millis)) return '';
  if (millis < 1000) return `${Math.round(millis)} ms`;
  if (millis < 60_000) return `${(millis / 1000).toFixed(1)} s`;
  return `${Math.floor(millis / 60_000)} min ${Math.round((millis % 60_000) / 1000)} s`;
}

/** Small sums keep two digits that say something: $0.0042. */
export function dollars(value) {
  const sum = Number(value);
  if (sum === 0) return '$0';
  if (sum >= 0.1) return `$${sum.toFixed(2)}`;
  return `$${sum.toFixed(Math.min(6, 1 - Math.floor(Math.log10(Math.abs(sum)))))}`;
}

/** The model's name without vendor, region and version: claude-sonnet-4-5. */
export function modelName(id) {
  return String(id ?? '').replace(/^.*\//, '').replace(/^(?:[a-z]{2,6}\.)?(?:[a-z]+\.)/, '').replace(/-\d{8}(-v\d+(:\d+)?)?$/, '');
}

export function clock(seconds) {
  const rest = Math.max(0, Math.ceil(seconds));
  if (rest >= 3600) return `${Math.floor(rest / 3600)} h ${Math.floor((rest % 3600) / 60)} min`;
  return `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, '0')}`;
}

const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

/** A day as the reader writes it, with the time of day as it came: no zone is guessed. @returns {?string} null for what is no day */
export function dayOf(text) {
  const [, day, time, fraction, zone] = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text) ?? [];
  if (!day) return null;
  const at = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== day) return null;
  const isMidnight = !time || (/^00:00(:00)?$/.test(time) && !/[1-9]/.test(fraction ?? ''));
  const shownZone = zone && zone !== 'Z' ? ` ${zone}` : '';
  return isMidnight && shownZone === '' ? days.format(at) : `${days.format(at)}, ${time}${fraction ?? ''}${shownZone}`;
}

/** The heading under which a conversation of that time is listed. */
export function period(time, now = new Date()) {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const day = 86_400_000;
  const at = new Date(time).getTime();
  if (at >= midnight) return 'Today';
  if (at >= midnight - day) return 'Yesterday';
  if (at >= midnight - 7 * day) return 'Previous 7 days';
  return 'Older';
}

// Control, zero-width, blank and direction-changing characters, and those without a look of their own: they can make a text look like another one.
const INVISIBLE = /(?![\t\n ])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\ufffc\u{1d173}-\u{1d17a}]/gu;

/** The text with every character that could mislead the eye written as its code. */
export function visible(text) {
  return String(text).replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);
}

/** A JSON text with the escape of JSON for each of these characters, so that it can be edited. */
export function escaped(text) {
  return text.replace(INVISIBLE, (character) => [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''));
}

/** A tool call's arguments as an object; they may come as JSON text. */
export function argumentsOf(value) {
  if (typeof value !== 'string') return value ?? {};
  try {
    return value.trim() === '' ? {} : JSON.parse(value);
  } catch {
    return value;
  }
}
