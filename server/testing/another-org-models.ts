import { describe, expect, test } from 'vitest';
import { prompts } from '#server/api/prompts/index.ts';
import { resources } from '#server/api/resources/index.ts';
import { writeUri } from '#server/api/resources/uri.ts';
import { type AnotherOrg, bearer, ID } from './access-world.ts';
import type { HttpAnswer } from './http.ts';
import { askMcp, MCP_META, mcpHeaders } from './mcp/ask-mcp.ts';

type Given = Record<string, string>;
type Who = Record<string, string>;

/** Variables of templates and arguments of prompts for which something is offered. */
const offers = [
  ...resources.flatMap(({ template, complete = {}, example }) =>
    Object.keys(complete).map((name) => ({
      of: template,
      ref: { type: 'ref/resource', uri: template },
      name,
      example,
    })),
  ),
  ...prompts.flatMap(({ name: prompt, args, example }) =>
    args
      .filter(({ complete }) => complete)
      .map(({ name }) => ({ of: prompt, ref: { type: 'ref/prompt', name: prompt }, name, example })),
  ),
] as { of: string; ref: Record<string, string>; name: string; example: Given }[];

const isId = (value: string): boolean => /[0-9a-f]{32}/.test(value);
const isAboutSomething = ({ example }: { example: object }) => Object.values(example).some(isId);

/** What models of one organisation are told of another: the same as of what was never there. */
export function describeAnotherOrgToModels(get: () => AnotherOrg): void {
  const theirs = (): Who => bearer(get().access.strangerKey);
  const ours = async (): Promise<Who> => bearer((await get().access.makeKey({ role: 'owner' })).key);
  const ask = (method: string, params: Record<string, unknown>, headers: Who) =>
    askMcp(get().http, { method, params, headers });

  /** The same words but for what was asked for. */
  const neutral = ({ status, body: { error, result } }: HttpAnswer): string =>
    JSON.stringify([status, error, result]).replace(ID, 'ID');
  /** With ids of things of ours, each in the place of one that names nothing. */
  const settled = async (example: Given) => (await get().world.settle(example)) as Given;

  describe.each(resources)('the resource $template', ({ template, example, watch }) => {
    const uriOf = (given: Given) => writeUri(template, given as never);

    test('is not found, as if it had never been there', async () => {
      const real = await settled(example as Given);
      const read = (given: Given, who: Who) => ask('resources/read', { uri: uriOf(given) }, who);
      expect((await read(real, await ours())).body.result.contents).toHaveLength(1);
      const found = await read(real, theirs());
      expect(found.body.error?.data?.uri).toBe(uriOf(real));
      expect(neutral(found)).toBe(neutral(await read(example as Given, theirs())));
    });

    test.runIf(watch)('is listened to by nobody there, in the same words', async () => {
      const real = await settled(example as Given);
      expect((await listen(uriOf(real), await ours())).body).toBe('a stream');
      const found = await listen(uriOf(real), theirs());
      expect(found.body.error?.data?.uri).toBe(uriOf(real));
      expect(neutral(found)).toBe(neutral(await listen(uriOf(example as Given), theirs())));
    });
  });

  /** The stream that would open is closed at once. */
  async function listen(uri: string, who: Who): Promise<HttpAnswer> {
    const end = new AbortController();
    const method = 'subscriptions/listen';
    const params = { notifications: { resourceSubscriptions: [uri] }, _meta: MCP_META };
    const answer = await fetch(`${get().http.origin}/mcp`, {
      method: 'POST',
      signal: end.signal,
      headers: { 'content-type': 'application/json', ...mcpHeaders(method), ...who },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream');
    const body = isStream ? 'a stream' : await answer.json();
    end.abort();
    return { status: answer.status, headers: answer.headers, body };
  }

  test('the list of resources names none of ours', async () => {
    const [here, there] = [
      await ask('resources/list', {}, await ours()),
      await ask('resources/list', {}, theirs()),
    ];
    const ids: string[] = JSON.stringify(here.body.result.resources).match(/[0-9a-f]{32}/g) ?? [];
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) expect(JSON.stringify(there.body)).not.toContain(id);
  });

  test.each(prompts.filter(isAboutSomething))(
    'the prompt $name tells as much as of what is not there',
    async ({ name, example }) => {
      const real = await settled(example as Given);
      const write = (given: Given, who: Who) => ask('prompts/get', { name, arguments: given }, who);
      expect((await write(real, await ours())).body.result.messages.length).toBeGreaterThan(0);
      const found = await write(real, theirs());
      expect(neutral(found)).toBe(neutral(await write(example as Given, theirs())));
    },
  );

  const seen: string[] = [];
  test.each(offers)('$of offers nothing of ours for $name', async ({ ref, name, example }) => {
    const real = await settled(example);
    const { [name]: value = '', ...others } = real;
    const complete = async (who: Who, beginning: string): Promise<string[]> => {
      const argument = { name, value: beginning };
      const params = { ref, argument, context: { arguments: others } };
      const { status, body } = await ask('completion/complete', params, who);
      // What the other values name is not there for them.
      if (body.error) expect([status, body.error.code]).toEqual([200, -32602]);
      return body.result?.completion.values ?? [];
    };
    for (const beginning of ['', value]) {
      const here = await complete(await ours(), beginning);
      const there = await complete(theirs(), beginning);
      seen.push(...here);
      const shared = here.filter((one) => there.includes(one));
      // Names may be the same in both, such as those of the templates; ids are one's own.
      expect(shared.filter(isId)).toEqual([]);
      if (isId(value) && beginning === value) expect(there).toEqual([]);
    }
  });

  test('offers were looked for where there are some', () => {
    expect(seen.filter(isId).length).toBeGreaterThan(0);
  });
}
