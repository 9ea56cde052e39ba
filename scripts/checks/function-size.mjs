import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';
import { ROOT } from '../lib/paths.mjs';
import { reportProblems } from './report.mjs';

/**
 * How long a function may be. Counted are its own lines of code: no blank lines, no comments, and nothing of the
 * functions inside it that have a name of their own (declared, assigned, or a method), because a factory is as long
 * as its longest part and not as their sum. A callback without a name belongs to the function around it.
 * The bodies of `describe` and `test` are lists, not functions, and are not measured.
 */

const MAX_LINES = 60;
const SOURCES = [
  '{server,db,app,components,scripts,bench,sdk,cli,e2e,deploy}/**/*.{ts,tsx,mjs}',
  '*.{ts,mjs}',
  '.dependency-cruiser.mjs',
];
const NOT_OURS = /(^|\/)(node_modules|\.next|\.signalbox)\//;
const LISTS = new Set(['describe', 'test', 'it', 'beforeAll', 'afterAll', 'beforeEach', 'afterEach']);
const WRAPPERS = new Set(['ParenthesizedExpression', 'TSAsExpression', 'TSSatisfiesExpression']);

const unwrap = (node) => (node && WRAPPERS.has(node.type) ? unwrap(node.expression) : node);
const isFunction = (node) =>
  node?.type === 'FunctionDeclaration' ||
  node?.type === 'FunctionExpression' ||
  node?.type === 'ArrowFunctionExpression';

/** `describe(…)`, `test.skipIf(…)(…)` and `test.each(…)(…)` are all calls of the first word. */
function firstWord(callee) {
  if (callee.type === 'CallExpression') return firstWord(callee.callee);
  if (callee.type === 'MemberExpression') return firstWord(callee.object);
  return callee.type === 'Identifier' ? callee.name : '';
}

function nameOfKey(key) {
  return key?.name ?? (key?.type === 'Literal' ? String(key.value) : 'a computed name');
}

/** Every function of a program, with its name where it has one, and whether it is the body of a list of tests. */
function collectFunctions(program) {
  const functions = new Set();
  const names = new Map();
  const lists = new Set();
  const name = (node, text) => {
    const inner = unwrap(node);
    if (isFunction(inner)) names.set(inner, text);
  };
  const add = (node) => {
    functions.add(node);
    if (node.id) names.set(node, node.id.name);
  };
  new Visitor({
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
    VariableDeclarator: ({ id, init }) => name(init, id.name ?? 'a pattern'),
    AssignmentExpression: ({ left, right }) => name(right, left.name ?? nameOfKey(left.property)),
    Property: ({ key, value }) => name(value, nameOfKey(key)),
    PropertyDefinition: ({ key, value }) => name(value, nameOfKey(key)),
    MethodDefinition: ({ key, value }) => name(value, nameOfKey(key)),
    CallExpression: ({ callee, arguments: args }) => {
      if (!LISTS.has(firstWord(callee))) return;
      for (const argument of args) if (isFunction(argument)) lists.add(argument);
    },
  }).visit(program);
  return [...functions].map((node) => ({
    start: node.start,
    end: node.end,
    name: names.get(node),
    isList: lists.has(node),
  }));
}

/** For each line whether code stands on it. Comments are blanked out first; their line breaks stay. */
function findCodeLines(code, comments) {
  let text = code;
  for (const { start, end } of comments) {
    text = text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end);
  }
  return text.split('\n').map((line) => line.trim() !== '');
}

/** A function that measures, for a text, in which line (from 0) an offset lies. */
function makeLineFinder(code) {
  const starts = [0];
  for (let at = code.indexOf('\n'); at !== -1; at = code.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };
}

/**
 * Every measured function of a source and how many lines it has of its own.
 * @param {{ file: string, code: string }} source
 */
export function measureFunctions({ file, code }) {
  const { program, comments, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const isCode = findCodeLines(code, comments);
  const lineOf = makeLineFinder(code);
  const functions = collectFunctions(program).map((found) => ({
    ...found,
    first: lineOf(found.start),
    last: lineOf(found.end - 1),
  }));
  const apart = functions.filter(({ name, isList }) => name !== undefined || isList);
  return functions
    .filter(({ isList }) => !isList)
    .map((measured) => {
      const own = new Set();
      for (let line = measured.first; line <= measured.last; line += 1) if (isCode[line]) own.add(line);
      for (const inner of apart) {
        if (inner === measured || inner.start < measured.start || inner.end > measured.end) continue;
        for (let line = inner.first; line <= inner.last; line += 1) own.delete(line);
      }
      return {
        name: measured.name ?? 'a function without a name',
        line: measured.first + 1,
        lines: own.size,
      };
    });
}

/** @param {{ file: string, code: string }} source */
export function findLongFunctions(source) {
  return measureFunctions(source)
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ name, line, lines }) => ({
      file: source.file,
      line,
      text: `${name} has ${lines} lines of its own; ${MAX_LINES} are the limit. Name a part of it`,
    }));
}

function checkCheckout() {
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT }));
  return [...new Set(files)]
    .filter((file) => !NOT_OURS.test(file))
    .flatMap((file) =>
      findLongFunctions({ file: join(ROOT, file), code: readFileSync(join(ROOT, file), 'utf8') }),
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  reportProblems('Function size', checkCheckout());
}
