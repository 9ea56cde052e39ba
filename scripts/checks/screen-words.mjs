import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';
import { ROOT } from '../lib/paths.mjs';
import { reportProblems } from './report.mjs';

/**
 * What people read lives in `words.ts` files, so that it can be translated. Components hold no sentences: neither
 * between tags nor in the attributes that are read aloud or shown.
 */

const SOURCES = ['components/**/*.tsx', 'app/**/*.tsx'];
/** The living page shows parts with whatever is in them. */
const EXEMPT = /\.test\.tsx$|^components\/design-page\//;
const READ = new Set(['aria-label', 'title', 'placeholder', 'label', 'alt', 'text', 'hint', 'description']);
const WORD = /\p{L}{2}/u;

/** The texts that an expression may come to, as far as they are written in it. */
function textsOf(node) {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'string' ? [{ value: node.value, start: node.start }] : [];
    case 'TemplateLiteral':
      return [{ value: node.quasis.map(({ value }) => value.cooked ?? '').join(' '), start: node.start }];
    case 'ConditionalExpression':
      return [...textsOf(node.consequent), ...textsOf(node.alternate)];
    case 'LogicalExpression':
      return textsOf(node.right);
    case 'JSXExpressionContainer':
      return textsOf(node.expression);
    default:
      return [];
  }
}

/** @param {{ file: string, code: string }} source */
export function findScreenWords({ file, code }) {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const found = [];
  const ofChildren = ({ children }) => {
    for (const child of children) {
      if (child.type === 'JSXText') found.push({ value: child.value, start: child.start });
      else found.push(...textsOf(child));
    }
  };
  new Visitor({
    JSXElement: ofChildren,
    JSXFragment: ofChildren,
    JSXAttribute({ name, value }) {
      if (READ.has(name.type === 'JSXIdentifier' ? name.name : '')) found.push(...textsOf(value));
    },
  }).visit(program);
  return found
    .filter(({ value }) => WORD.test(value))
    .map(({ value, start }) => ({
      file,
      line: code.slice(0, start + value.length - value.trimStart().length).split('\n').length,
      text: `${JSON.stringify(value.trim().replace(/\s+/g, ' '))} belongs into a words.ts file`,
    }));
}

function checkCheckout() {
  return SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .filter((file) => !EXEMPT.test(file))
    .flatMap((file) => findScreenWords({ file, code: readFileSync(join(ROOT, file), 'utf8') }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  reportProblems('Words on screen', checkCheckout());
}
