import type { Client } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { createOffers, templatesOf } from './offers.ts';

interface Lists {
  tools?: unknown[];
  prompts?: unknown[];
  resourceTemplates?: unknown[];
}

/** What a server with these lists offers, and what is said of the rest. */
async function offer({ tools = [], prompts = [], resourceTemplates = [] }: Lists) {
  const client = {
    getServerCapabilities: () => ({ tools: {}, prompts: {}, resources: {} }),
    listTools: async () => ({ tools }),
    listPrompts: async () => ({ prompts }),
    listResourceTemplates: async () => ({ resourceTemplates }),
  } as unknown as Client;
  const offers = createOffers(client, () => 0);
  const all = await offers.all({ timeoutMs: 1000 });
  return { all, said: offers.leftOut() };
}

const tool = (name: string) => ({ name, inputSchema: { type: 'object' } });
const template = (at: number) => ({ name: `t${at}`, uriTemplate: `x://${at}/{id}` });
const many = <Item>(count: number, make: (at: number) => Item) =>
  Array.from({ length: count }, (_, at) => make(at));

test('where all can be used, nothing is said', async () => {
  const lists = { tools: [tool('a')], prompts: [{ name: 'p' }], resourceTemplates: many(100, template) };
  expect((await offer(lists)).said).toBeNull();
});

test('of more templates than are offered it is said how many there are and how the others are read', async () => {
  const { all, said } = await offer({ resourceTemplates: many(130, template) });
  const [resources] = [...all.values()];
  expect(resources && templatesOf(resources.definition)).toHaveLength(100);
  expect(said).toBe(
    'The server has 130 templates of resources. The first 100 are offered; what the others stand for can be read by its URI.',
  );
});

test('what cannot be used is counted, and it is said why', async () => {
  const { all, said } = await offer({
    tools: [
      tool('good'),
      tool('good'),
      tool('no name'),
      { name: 'bare' },
      { ...tool('big'), description: 'x'.repeat(70_000) },
    ],
    prompts: [{ name: 'fine' }, { name: 'not fine' }],
  });
  expect([...all.values()].filter(({ definition }) => definition.name === 'good')).toHaveLength(1);
  expect(said).toContain('(tools: 4, prompts: 1)');
  expect(said).toContain('its name is there twice');
});

test('what a server says is asked again after a second, and after five however long it takes to say it', async () => {
  let now = 0;
  let tookMs = 10;
  let lists = 0;
  const client = {
    getServerCapabilities: () => ({ tools: {} }),
    async listTools() {
      lists += 1;
      now += tookMs;
      return { tools: [tool('a')] };
    },
  } as unknown as Client;
  const offers = createOffers(client, () => now);
  const askAfter = async (ms: number) => {
    now += ms;
    await offers.find('a', { timeoutMs: 1000, maxAgeMs: 1000 });
    return lists;
  };
  expect(await askAfter(0)).toBe(1);
  expect(await askAfter(1000)).toBe(1);
  tookMs = 3000;
  expect(await askAfter(1)).toBe(2);
  expect(await askAfter(5000)).toBe(2);
  expect(await askAfter(1)).toBe(3);
});
