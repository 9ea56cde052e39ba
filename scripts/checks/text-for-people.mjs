/** Tells a text for people from what programs write to each other: classes, codes, identifiers, selectors. */

/** Two letters: less is a unit or a sign. */
export const WORD = /\p{L}{2}/u;

/** What browsers call keys, where single words begin with a capital too. */
const KEYS = new Set(
  'Alt Backspace Control Delete End Enter Escape Home Insert Meta Shift Space Tab'.split(' '),
);
/** POST, UTC, MAX_AGENTS. */
const CODE = /^[A-Z][A-Z0-9_]*$/;
/** ArrowUp, PublicKeyCredential. */
const IDENTIFIER = /^[A-Z][a-z0-9]+([A-Z][a-z0-9]*)+$/;

/** `md:flex-col`, `2xl:grid`, `size-[1.5em]`, `border-line/40`, `group/row`. */
const COMPOUND_CLASS = /^[a-z0-9!@*[&…-][^\s,;]*$/;
const IN_BRACKETS = /\[[^\]\s]*\]|\([^)\s]*\)/g;
const isCompoundClass = (token) =>
  /[-:/[]/.test(token) && COMPOUND_CLASS.test(token.replace(IN_BRACKETS, '-'));
/** Classes of one word that stand beside those. */
const PLAIN_CLASSES = new Set(
  'absolute block border container contents fixed flex ghost grid group grow hidden inline invisible italic outline relative rounded shrink static sticky truncate underline uppercase visible wire …'.split(
    ' ',
  ),
);

function isOfClasses(tokens) {
  return (
    tokens.some(isCompoundClass) &&
    tokens.every((token) => isCompoundClass(token) || PLAIN_CLASSES.has(token))
  );
}

/** @param {string} text with an ellipsis for each hole of a template */
export function readsLikeText(text) {
  const tokens = text.trim().split(/\s+/);
  if (tokens.length > 1) return !isOfClasses(tokens);
  const [word = ''] = tokens;
  return /^\p{Lu}/u.test(word) && !CODE.test(word) && !IDENTIFIER.test(word) && !KEYS.has(word);
}
