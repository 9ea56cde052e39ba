import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

const PREFIX = '/_next/static/';
/** No name that could lead out of the folder: a dot stands only within one. */
const PART = /^(?:[\w~-][\w.~-]*\/)*[\w~-][\w.~-]*\.(?:js|css)$/;
const TYPES = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };
const FOREVER = 'public, max-age=31536000, immutable';

/**
 * Answers with what the build has packed tightly: about a seventh less to load than what is packed anew for each
 * answer, and no work. False where there is no such file or the browser cannot read it: then Next answers.
 */
export async function sendPackedPart(
  staticDir: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [path = ''] = (request.url ?? '').split('?');
  if (!path.startsWith(PREFIX) || !['GET', 'HEAD'].includes(request.method ?? '')) return false;
  if (!/\bbr\b(?!\s*;\s*q=0(?:\.0+)?(?:,|\s|$))/.test(String(request.headers['accept-encoding'] ?? '')))
    return false;
  const part = path.slice(PREFIX.length);
  const file = join(staticDir, `${part}.br`);
  if (!PART.test(part) || !existsSync(file)) return false;
  const bytes = await readFile(file);
  response.writeHead(200, {
    'content-type': part.endsWith('.css') ? TYPES.css : TYPES.js,
    'content-encoding': 'br',
    'content-length': bytes.byteLength,
    'cache-control': FOREVER,
    vary: 'accept-encoding',
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
  return true;
}
