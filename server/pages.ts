import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import next from 'next';
import { sendPackedPart } from './packed-parts.ts';

export interface Pages {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

/** Next draws the pages and nothing else: no API and no decision about who may see what passes through it. */
export async function mountPages(options: {
  rootDir: string;
  isDev: boolean;
  httpServer: Server;
}): Promise<Pages | undefined> {
  const { rootDir, isDev, httpServer } = options;
  if (!existsSync(join(rootDir, 'app'))) return undefined;
  process.env.NEXT_TELEMETRY_DISABLED = '1';
  const app = next({ dev: isDev, dir: rootDir, httpServer: upgradesFor(httpServer, isDev), quiet: true });
  await app.prepare();
  const handle = app.getRequestHandler();
  const staticDir = join(rootDir, '.next/static');
  return {
    async handle(request, response) {
      if (!isDev && (await sendPackedPart(staticDir, request, response))) return;
      await handle(request, response);
    },
    close: () => app.close(),
  };
}

/**
 * From its first page on Next listens for upgrades and hangs up on those whose path a page has, as the page of all other
 * addresses has any: so it is shown its own alone, by which a browser hears of what has been compiled.
 */
function upgradesFor(httpServer: Server, isDev: boolean): Server {
  const own = createServer();
  if (isDev) {
    httpServer.on('upgrade', (request, socket, head) => {
      if (request.url?.startsWith('/_next/')) own.emit('upgrade', request, socket, head);
    });
  }
  return own;
}
