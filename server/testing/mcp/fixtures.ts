import { invalidParams, noResource } from '#server/api/mcp/errors.ts';
import type { ServedPrompt, Surface, ToolSource } from '#server/api/mcp/served.ts';
import { surface } from '#server/api/mcp/surface.ts';
import { type Resource, resource } from '#server/api/resources/resource.ts';
import { answerTo, asks } from './fixture-asking.ts';
import { fixtureTool, says, text } from './fixture-tool.ts';
import { fixtureTools, PIXEL } from './fixture-tools.ts';

/**
 * The product's surface with what the conformance suite needs beside it. It lives among the tests, which nothing of the
 * product may import: no setting can switch it on.
 */
export function createConformanceSurface(): Surface {
  const tools = createChangingList(fixtureTool('test_tool_that_goes', () => says(text('It is there.'))));
  const prompts = createChangingList(
    fixturePrompt('test_prompt_that_goes', [], async () => ({ messages: [said('It is there.')] })),
  );
  const served = () => [
    ...fixtureTools,
    ...tools.entries(),
    fixtureTool('test_trigger_tool_change', tools.change),
    fixtureTool('test_trigger_prompt_change', prompts.change),
  ];
  const source: ToolSource = {
    list: async () => served(),
    find: async (_call, name) => served().find(({ entry }) => entry.name === name),
    watch: async (_call, changed) => tools.watch(changed),
  };
  return {
    tools: [...surface.tools, source],
    resources: [...surface.resources, ...fixtureResources],
    prompts: [...surface.prompts, ...fixturePrompts],
    upstream: {
      prompts: {
        ...{ needs: [], complete: nothing },
        list: async () => prompts.entries().map(({ entry }) => entry),
        async get(call, { name, ...asked }) {
          const found = prompts.entries().find(({ entry }) => entry.name === name);
          if (!found) throw invalidParams('There is no such prompt.');
          return found.get(call, asked);
        },
        watch: async (_call, changed) => prompts.watch(changed),
      },
      resources: {
        ...{ needs: [], complete: nothing, list: async () => [], templates: async () => [] },
        read: async (_call, { uri }) => Promise.reject(noResource(uri)),
        watch: async (_call, uri) => Promise.reject(noResource(uri)),
        watchList: async () => () => undefined,
      },
    },
  };
}

const nothing = async () => ({ completion: { values: [] } });

/** One that is there or not: it goes and comes again with each change. */
function createChangingList<Entry>(entry: Entry) {
  const listeners = new Set<() => void>();
  let isThere = true;
  return {
    entries: (): Entry[] => (isThere ? [entry] : []),
    change() {
      isThere = !isThere;
      for (const changed of listeners) changed();
      return says(text('The list has changed.'));
    },
    watch(changed: () => void): () => void {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
  };
}

const fixed = (name: string, mimeType: string, read: Resource['read']): Resource =>
  resource({
    ...{ name, title: name, description: `For the conformance suite: ${name}.`, icon: 'file', mimeType },
    ...{ template: `test://${name}`, needs: [], example: {}, read },
    list: async () => [{ uri: `test://${name}`, name, description: `For the conformance suite: ${name}.` }],
    watch: async () => () => undefined,
  });

const fixtureResources: readonly Resource[] = [
  fixed('static-text', 'text/plain', async () => ({
    text: 'This is the content of the static text resource.',
  })),
  fixed('static-binary', 'image/png', async () => ({ blob: Buffer.from(PIXEL, 'base64') })),
  fixed('watched-resource', 'text/plain', async () => ({ text: 'It is watched.' })),
  resource({
    ...{ name: 'template', title: 'template', description: 'For the conformance suite.', icon: 'file' },
    ...{
      template: 'test://template/{id}/data',
      mimeType: 'application/json',
      needs: [],
      example: { id: '1' },
    },
    read: async (_call, { id }) => ({
      text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
    }),
  }) as Resource,
];

function fixturePrompt(name: string, args: readonly string[], get: ServedPrompt['get']): ServedPrompt {
  const description = `For the conformance suite: ${name}.`;
  return {
    needs: [],
    args: args.map((arg) => ({ name: arg, description: arg, required: true, complete: async () => [] })),
    entry: { name, description, arguments: args.map((arg) => ({ name: arg, required: true })) },
    get,
  };
}

const user = <Content>(content: Content) => ({ role: 'user' as const, content });
const said = (words: string) => user({ type: 'text' as const, text: words });

const fixturePrompts: readonly ServedPrompt[] = [
  fixturePrompt('test_simple_prompt', [], async () => ({
    messages: [said('This is a simple prompt for testing.')],
  })),
  fixturePrompt('test_prompt_with_arguments', ['arg1', 'arg2'], async (_call, { args }) => ({
    messages: [said(`Prompt with arguments: arg1='${args.arg1}', arg2='${args.arg2}'`)],
  })),
  fixturePrompt('test_prompt_with_embedded_resource', ['resourceUri'], async (_call, { args }) => ({
    messages: [
      user({
        type: 'resource' as const,
        resource: {
          uri: args.resourceUri ?? '',
          mimeType: 'text/plain',
          text: 'Embedded resource content for testing.',
        },
      }),
      said('Please process the embedded resource above.'),
    ],
  })),
  fixturePrompt('test_prompt_with_image', [], async () => ({
    messages: [
      user({ type: 'image' as const, data: PIXEL, mimeType: 'image/png' }),
      said('Please analyze the image above.'),
    ],
  })),
  fixturePrompt('test_input_required_result_prompt', [], async (_call, { context }) => {
    const given = answerTo(context, 'user_context', 'context');
    if (typeof given === 'string') return { messages: [said(`Use this context: ${given}`)] };
    return asks({
      user_context: {
        method: 'elicitation/create',
        params: {
          message: 'What context should the prompt use?',
          requestedSchema: {
            type: 'object',
            properties: { context: { type: 'string' } },
            required: ['context'],
          },
        },
      },
    });
  }),
];
