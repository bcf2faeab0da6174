/** Sums of decimal numbers, without a digit lost; loaded with a table. */

/**
 * @param {string[]} texts decimal numbers
 * @returns {string} their sum, with as many decimals as the one that has most
 */
export function sumOf(texts) {
  const places = Math.max(0, ...texts.map(decimals));
  const total = texts.reduce((sum, text) => sum + scaled(text, places), 0n);
  const digits = String(total < 0n ? -total : total).padStart(places + 1, '0');
  const whole = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return total < 0n ? `-${whole}` : whole;
}

const decimals = (text) => text.split('.')[1]?.length ?? 0;

const scaled = (text, places) => BigInt(text.replace('.', '') + '0'.repeat(places - decimals(text)));
