import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '#server/testing/http.ts';
import { askMcp } from '#server/testing/mcp/ask-mcp.ts';
import { GENERATIONS, type Generation } from '#server/testing/mcp/listener.ts';
import { createMcpRoutes } from './routes.ts';
import type { Surface } from './served.ts';

const MANY = 250;
/** All lists have the same names: only by what they are of can cursors be told apart. */
let names = Array.from({ length: MANY }, (_, at) => `thing://${at}`);

const surface: Surface = {
  tools: [
    {
      list: async () =>
        names.map((name) => ({
          entry: { name, inputSchema: { type: 'object' as const } },
          needs: [],
          call: async () => ({ content: [] }),
        })),
      find: async () => undefined,
    },
  ],
  resources: [],
  prompts: [],
  upstream: {
    prompts: {
      needs: [],
      list: async () => names.map((name) => ({ name })),
      get: async () => ({ messages: [] }),
      complete: async () => ({ completion: { values: [] } }),
      watch: async () => () => undefined,
    },
    resources: {
      needs: [],
      list: async () => names.map((uri) => ({ uri, name: uri })),
      templates: async () => names.map((uriTemplate) => ({ uriTemplate, name: uriTemplate })),
      read: async () => ({ contents: [] }),
      complete: async () => ({ completion: { values: [] } }),
      watch: async () => () => undefined,
      watchList: async () => () => undefined,
    },
  },
};

interface Page {
  names: string[];
  nextCursor: string | undefined;
}
interface List {
  method: string;
  /** Under which name an answer has them, and where one of them has its own. */
  field: string;
  nameOf(item: Record<string, string>): string | undefined;
}
const LISTS: readonly List[] = [
  { method: 'tools/list', field: 'tools', nameOf: ({ name }) => name },
  { method: 'prompts/list', field: 'prompts', nameOf: ({ name }) => name },
  { method: 'resources/list', field: 'resources', nameOf: ({ uri }) => uri },
  {
    method: 'resources/templates/list',
    field: 'resourceTemplates',
    nameOf: ({ uriTemplate }) => uriTemplate,
  },
];

let http: TestServer;
const olds = new Map<string, ClientV1>();
const PATHS = ['/mcp', '/mcp/servers/one', '/mcp/servers/two'];

beforeAll(async () => {
  http = await startTestServer(
    {},
    { routes: [...createMcpRoutes(surface), ...createMcpRoutes(surface, '/mcp/servers/{name}')] },
  );
  const requestInit = { headers: { authorization: `Bearer ${http.secret}` } };
  for (const path of PATHS) {
    const client = new ClientV1({ name: 'a-test', version: '1' });
    await client.connect(new TransportV1(new URL(http.origin + path), { requestInit }));
    olds.set(path, client);
  }
});
afterAll(async () => {
  for (const client of olds.values()) await client.close();
  await http[Symbol.asyncDispose]();
});

/** As a client of either generation has it; throws what has `code`. */
async function pageOf(
  generation: Generation,
  { method, field, nameOf }: List,
  { cursor, path = '/mcp' }: { cursor?: string | undefined; path?: string },
): Promise<Page> {
  const params = cursor === undefined ? {} : { cursor };
  const read = (result: Record<string, unknown>): Page => ({
    names: (result[field] as Record<string, string>[]).map((item) => nameOf(item) ?? ''),
    nextCursor: result.nextCursor as string | undefined,
  });
  if (generation === 'old') {
    const client = olds.get(path);
    const lists: Record<string, ((asked: object) => Promise<Record<string, unknown>>) | undefined> = {
      'tools/list': client?.listTools.bind(client),
      'prompts/list': client?.listPrompts.bind(client),
      'resources/list': client?.listResources.bind(client),
      'resources/templates/list': client?.listResourceTemplates.bind(client),
    };
    return read((await lists[method]?.(params)) ?? {});
  }
  const headers = { authorization: `Bearer ${http.secret}` };
  const { body } = await askMcp(http, { method, params, headers, path });
  if (body.error) throw body.error;
  return read(body.result);
}

const rows = GENERATIONS.flatMap((generation) => LISTS.map((list) => ({ generation, ...list })));

describe.each(rows)('$method, for a client of the $generation generation', ({ generation, ...list }) => {
  test('goes on with its cursor, and shows each once', async () => {
    const all: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page: Page = await pageOf(generation, list, { cursor });
      all.push(...page.names);
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== undefined);
    expect([pages, all]).toEqual([3, names]);
  });

  test('refuses a cursor that means nothing, and one of another list or address, as a wrong parameter', async () => {
    const { nextCursor = '' } = await pageOf(generation, list, {});
    const [body = '', seal = ''] = nextCursor.split('.');
    const elsewhere = PATHS.slice(1).map((path) => pageOf(generation, list, { path }));
    const ofOthers = LISTS.filter(({ method }) => method !== list.method).map((other) =>
      pageOf(generation, other, {}),
    );
    const foreign = (await Promise.all([...elsewhere, ...ofOthers])).map((page) => page.nextCursor ?? '');
    expect(new Set(foreign).size).toBe(5);
    for (const cursor of ['', 'nonsense', body, `${body}.`, `${body}x.${seal}`, ...foreign]) {
      await expect(pageOf(generation, list, { cursor }), cursor).rejects.toMatchObject({
        code: -32_602,
        message: expect.stringContaining('Begin with the first page'),
      });
    }
  });

  test('leaves nothing out when what stood last on a page has gone meanwhile', async () => {
    const before = names;
    const { nextCursor, names: first } = await pageOf(generation, list, {});
    try {
      names = before.filter((name) => name !== first.at(-1));
      const second = await pageOf(generation, list, { cursor: nextCursor });
      expect(second.names[0]).toBe(before[100]);
    } finally {
      names = before;
    }
  });
});
