import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../lib/paths.mjs';
import { reportProblems } from './report.mjs';

/** Every path that a document names must exist: a wrong map is worse than none. */

/** Made while running or building, so absent from a fresh clone. */
const GENERATED = /^(\.signalbox|\.next|coverage|\.env)(\/|$)|(^|\/)node_modules(\/|$)/;
/** `<name>`, globs, brace lists, ellipses and variables stand for many paths or for none. */
const PATTERN = /[<>*{}$…]|\.\.\.|\[[a-z]/;
/** `.mjs` alone is a kind of file, not one. */
const EXTENSION = /[^./]\.(ts|tsx|mjs|cjs|js|json|jsonc|md|ya?ml|sql|py|conf|css|svg|png|toml|sh|txt|snap)$/;

function listDocuments(root) {
  const inRoot = readdirSync(root).filter((name) => name.endsWith('.md'));
  const folders = ['docs', 'server', 'components', 'db', 'deploy', 'sdk', 'bench', 'e2e'];
  const below = folders.flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, String(name)))
      : [],
  );
  return [...inRoot, ...below].filter((name) => name.endsWith('.md') && !name.includes('node_modules'));
}

/** What stands in backticks and looks like a path of this repository; `known` are the root's own folders. */
function isPathLike(text, known) {
  if (/[\s:=()"'`|,;!?]/.test(text) || PATTERN.test(text) || text.startsWith('/') || text.startsWith('~'))
    return false;
  if (text.startsWith('@') || text.startsWith('#') || GENERATED.test(text)) return false;
  const [first = ''] = text.replace(/^\.\//, '').split('/');
  if (text.includes('/'))
    return known.has(first) || text.startsWith('./') || text.startsWith('../') || EXTENSION.test(text);
  return EXTENSION.test(text);
}

/** A path may be meant from the root or from the document's own folder. */
function exists({ root, document, path }) {
  const clean = path.replace(/[#?].*$/, '').replace(/\/$/, '');
  return existsSync(join(root, clean)) || existsSync(join(root, dirname(document), clean));
}

function findPaths(line, known) {
  const quoted = [...line.matchAll(/`([^`\n]+)`/g)]
    .map(([, text]) => text)
    .filter((text) => isPathLike(text, known));
  const linked = [...line.matchAll(/\]\(([^)\s]+)[^)]*\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^([a-z]+:|#|\/)/i.test(target) && !PATTERN.test(target) && !GENERATED.test(target));
  return [...quoted, ...linked];
}

/** @param {string} root @returns {{ file: string, line: number, text: string }[]} */
export function findDeadPaths(root) {
  const known = new Set(readdirSync(root));
  return listDocuments(root).flatMap((document) =>
    readFileSync(join(root, document), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        findPaths(line, known)
          .filter((path) => !exists({ root, document, path }))
          .map((path) => ({ file: join(root, document), line: index + 1, text: `${path} does not exist` })),
      ),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  reportProblems('Paths in documents', findDeadPaths(ROOT));
}
