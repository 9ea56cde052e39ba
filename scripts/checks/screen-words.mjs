import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseSync } from 'oxc-parser';
import { ROOT } from '../lib/paths.mjs';
import { reportProblems } from './report.mjs';
import { EXCEPTIONS } from './screen-words-exceptions.mjs';
import { readsLikeText, WORD } from './text-for-people.mjs';

/**
 * What people read lives in files of words, so that it can be translated. Nothing else under `components` and `app`
 * holds a text for people, be it between tags, in an attribute, in an object or in a call.
 */

const SOURCES = ['components/**/*.{ts,tsx}', 'app/**/*.{ts,tsx}'];
/** Files of words themselves, tests, and the living page, which shows parts with whatever is in them. */
const EXEMPT = /(^|[/-])words\.ts$|\.test\.tsx?$|^components\/design-page\//;

/** Where a name says that people read what follows, a single small word is a text too. */
const READ = new Set(
  'aria-label ariaLabel title placeholder label alt text hint description advice message note what'.split(
    ' ',
  ),
);
/** The forms of a word by the number that it stands with. */
const FORMS = new Set(['one', 'other']);
/** Where a name says that it is for programs. */
const UNREAD = new Set(
  'className style inlineSize key id href method code burst autoComplete timeZone'.split(' '),
);
/** Calls whose arguments are selectors, media queries or keys. */
const UNREAD_CALLS = /^(querySelector(All)?|closest|matches|matchMedia|getItem|setItem)$/;
const COMPARISON = /^[!=]==?$|^in$/;

const calledIn = ({ callee }) => callee.property?.name ?? callee.name ?? '';
const nameOf = (node) => node?.name?.name ?? node?.key?.name ?? node?.key?.value;

/** Whether a value reaches its parent as it is: `a ? b : 'this'`, `a ?? 'this'`. */
function isHandedOn(node, parent) {
  switch (parent.type) {
    case 'ConditionalExpression':
      return parent.test !== node;
    case 'LogicalExpression':
      return parent.right === node;
    case 'JSXExpressionContainer':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'ParenthesizedExpression':
      return true;
    default:
      return false;
  }
}

function isRead(node, parents) {
  let at = parents.length - 1;
  let child = node;
  while (at >= 0 && isHandedOn(child, parents[at])) {
    child = parents[at];
    at -= 1;
  }
  const place = parents[at];
  if (place?.type === 'JSXElement' || place?.type === 'JSXFragment') return true;
  if (place?.type === 'Property' && FORMS.has(nameOf(place))) return true;
  return (place?.type === 'JSXAttribute' || place?.type === 'Property') && READ.has(nameOf(place));
}

/** An error that begins with a small letter is for programmers: no person is shown it. */
const isForProgrammers = (node, parent) =>
  parent.type === 'NewExpression' && parent.callee.name === 'Error' && /^\p{Ll}/u.test(textOf(node) ?? '');

function isUnread(node, parents) {
  const parent = parents.at(-1);
  if (parent.directive !== undefined && parent.type === 'ExpressionStatement') return true;
  if (parent.type === 'BinaryExpression' && COMPARISON.test(parent.operator)) return true;
  if (parent.type === 'SwitchCase' && parent.test === node) return true;
  if (isForProgrammers(node, parent)) return true;
  return parents.some(
    (each) =>
      ((each.type === 'JSXAttribute' || each.type === 'Property') && UNREAD.has(nameOf(each))) ||
      (each.type === 'CallExpression' && UNREAD_CALLS.test(calledIn(each))),
  );
}

function textOf(node) {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? node.value : undefined;
    case 'TemplateLiteral':
      return node.quasis.map(({ value }) => value.cooked ?? '').join('…');
    case 'JSXText':
      return node.value;
    default:
      return undefined;
  }
}

/** Parts of a node that hold no value: names of what is declared, imported or looked up, and types. */
const isName = (node, part) =>
  part === 'source' ||
  (part === 'key' && !node.computed) ||
  (part === 'property' && node.type === 'MemberExpression');
const VALUES_OF_TYPES = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression']);
const isType = ({ type }) => type.startsWith('TS') && !VALUES_OF_TYPES.has(type);

function walk(node, parents, visit) {
  if (isType(node)) return;
  visit(node, parents);
  const within = [...parents, node];
  for (const [part, value] of Object.entries(node)) {
    if (isName(node, part)) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') walk(child, within, visit);
    }
  }
}

/** @param {{ file: string, code: string }} source */
export function findScreenWords({ file, code }) {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const found = [];
  walk(program, [], (node, parents) => {
    const value = textOf(node);
    if (value === undefined || !WORD.test(value) || isUnread(node, parents)) return;
    if (!isRead(node, parents) && !readsLikeText(value)) return;
    const start = node.start + (node.type === 'JSXText' ? value.length - value.trimStart().length : 0);
    found.push({ value: value.trim().replace(/\s+/g, ' '), line: code.slice(0, start).split('\n').length });
  });
  return found.map(({ value, line }) => ({
    ...{ file, line, value },
    text: `${JSON.stringify(value)} belongs into a words.ts file`,
  }));
}

const isExcused =
  ({ file, value }) =>
  (exception) =>
    exception.file === file && (exception.texts?.includes(value) ?? true);

/**
 * What is found and not excused, and what the exceptions excuse although it is not there any more.
 * @param {{ file: string, value: string }[]} found @param {{ file: string, texts?: string[] }[]} exceptions
 */
export function judge(found, exceptions) {
  const needed = (file, text) =>
    found.some((each) => each.file === file && (text === undefined || each.value === text));
  const stale = exceptions.flatMap(({ file, texts = [undefined] }) =>
    texts.filter((text) => !needed(file, text)).map((text) => ({ file, text: text ?? 'the whole file' })),
  );
  return [
    ...found.filter((each) => !exceptions.some(isExcused(each))),
    ...stale.map(({ file, text }) => ({
      file: 'scripts/checks/screen-words-exceptions.mjs',
      text: `the exception of ${JSON.stringify(text)} in ${file} excuses nothing: take it out`,
    })),
  ];
}

function checkCheckout() {
  const found = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .filter((file) => !EXEMPT.test(file))
    .sort()
    .flatMap((file) => findScreenWords({ file, code: readFileSync(join(ROOT, file), 'utf8') }));
  return judge(found, EXCEPTIONS);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  reportProblems('Words on screen', checkCheckout());
}
