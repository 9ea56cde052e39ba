// @ts-check
/** @typedef {{ path: string, before: unknown, after: unknown }} Change */

/**
 * Where two documents differ. Stages are told apart by their keys, so that one put between others is one change.
 * @param {any} before @param {any} after @returns {Change[]}
 */
export function compare(before, after, path = '') {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [one, other] = [byKey(before), byKey(after)];
  if (!isObject(one) || !isObject(other)) return [{ path: path || '.', before, after }];
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names.flatMap((name) => compare(one[name], other[name], path ? `${path}.${name}` : name));
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {any} value */
function byKey(value) {
  if (!Array.isArray(value) || !value.every((item) => typeof item?.key === 'string')) return value;
  return Object.fromEntries(value.map((item) => [item.key, item]));
}

/** @param {Change} change */
export const describeChange = ({ path, before, after }) => `${path}: ${show(before)} → ${show(after)}`;

/** @param {unknown} value */
const show = (value) => (value === undefined ? '(nothing)' : JSON.stringify(value));
