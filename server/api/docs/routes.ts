import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Answer, Route } from '../http/router.ts';
import { openApiDocument } from '../openapi/document.ts';

/** The page may run its own script and speak to this server: nothing else, and nothing from elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
};

const file = (name: string, path = `/api/docs/${name}`): Route => {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  const contentType = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? '';
  return open(path, () => ({
    status: 200,
    text,
    contentType,
    headers: { 'content-security-policy': POLICY, 'cache-control': 'no-cache' },
  }));
};

/** The panel's own, from the package that both draw with. */
const font = (name: string, { of, file: path }: { of: string; file: string }): Route => {
  const text = readFileSync(new URL(path, import.meta.resolve(of)));
  return open(`/api/docs/${name}`, () => ({
    status: 200,
    text,
    contentType: 'font/woff2',
    headers: { 'cache-control': 'public, max-age=86400' },
  }));
};

/** What is described is the same everywhere and no secret, so nobody needs to sign in to read it. */
const open = (path: string, answer: () => Answer): Route => ({
  method: 'GET',
  path,
  isOpen: true,
  handle: async () => answer(),
});

function describeApi(): Answer {
  const document = openApiDocument();
  const etag = `"${createHash('sha256').update(JSON.stringify(document)).digest('hex').slice(0, 32)}"`;
  return { status: 200, body: document, headers: { etag, 'cache-control': 'public, no-cache' } };
}

/** The description of the API, for programs and for people. */
export function createDocumentRoutes(): readonly Route[] {
  // By whoever asks first: making it takes longer than all other routes, and few processes are ever asked.
  let description: Answer | undefined;
  return [
    open('/api/v1/openapi.json', () => {
      description ??= describeApi();
      return description;
    }),
    file('page.html', '/api/docs'),
    ...['page.css', 'page.mjs', 'dom.mjs', 'schema-text.mjs', 'try-it.mjs'].map((name) => file(name)),
    font('sans.woff2', { of: 'geist/font/sans', file: 'fonts/geist-sans/Geist-Variable.woff2' }),
    font('mono.woff2', { of: 'geist/font/mono', file: 'fonts/geist-mono/GeistMono-Variable.woff2' }),
  ];
}
