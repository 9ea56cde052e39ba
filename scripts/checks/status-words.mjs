import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';
import { ROOT } from '../lib/paths.mjs';
import { reportProblems } from './report.mjs';

/**
 * Status words and what they mean live in one file. Whoever compares such a word elsewhere writes a second
 * definition of what it means; they are to ask a predicate of that file. Where a word of another world is
 * meant (a socket's state, say), `status-words: <what it is>` in a comment on the line or above it says so.
 */

const HOME = 'server/domain/statuses.ts';
const SOURCES = ['server/**/*.ts', 'db/**/*.ts', 'components/**/*.{ts,tsx}', 'app/**/*.{ts,tsx}'];
const TEST = /\.test\.tsx?$|^server\/testing\//;
/** The ports know nothing of runs and tasks: `ready` and `running` there are a connection's states. */
const PORTS = /^server\/(broker|redis)\//;
const COMPARISONS = new Set(['===', '!==', '==', '!=']);

/** The words: every list of strings that the one file exports as `..._STATUSES`. */
export async function readStatusWords(file) {
  const exported = await import(pathToFileURL(file).href);
  const lists = Object.entries(exported).filter(([name]) => name.endsWith('_STATUSES'));
  if (lists.length === 0) throw new Error(`${file} exports no list named ..._STATUSES.`);
  return new Set(lists.flatMap(([, words]) => words));
}

/** Every literal that a program compares something with. */
function listComparedLiterals(program) {
  const found = [];
  const compare = {
    BinaryExpression({ operator, left, right }) {
      if (COMPARISONS.has(operator)) found.push(left, right);
    },
    SwitchCase({ test }) {
      found.push(test);
    },
    // ['queued', 'running'].includes(task.status)
    CallExpression({ callee }) {
      const isIncludes = callee.type === 'MemberExpression' && callee.property.name === 'includes';
      if (isIncludes && callee.object.type === 'ArrayExpression') found.push(...callee.object.elements);
    },
  };
  new Visitor(compare).visit(program);
  return found.filter((node) => node?.type === 'Literal');
}

/** @param {{ file: string, code: string, words: Set<string> }} source */
export function findComparedWords({ file, code, words }) {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const lines = code.split('\n');
  const isExplained = (line) =>
    [lines[line - 1], lines[line - 2]].some((text) => text?.includes('status-words:'));
  return listComparedLiterals(program)
    .filter(({ value }) => words.has(value))
    .map(({ value, start }) => ({
      file,
      line: code.slice(0, start).split('\n').length,
      text: `'${value}' is compared here: ask a predicate of ${HOME}, or add one there`,
    }))
    .filter(({ line }) => !isExplained(line));
}

async function checkCheckout() {
  if (!existsSync(join(ROOT, HOME))) return [];
  const words = await readStatusWords(join(ROOT, HOME));
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT }));
  return files
    .filter((file) => file !== HOME && !TEST.test(file) && !PORTS.test(file))
    .flatMap((file) =>
      findComparedWords({ file: join(ROOT, file), code: readFileSync(join(ROOT, file), 'utf8'), words }),
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  reportProblems('Status words', await checkCheckout());
}
