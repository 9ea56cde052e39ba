import type { CompleteRequestParams, CompleteResult } from '@modelcontextprotocol/server';
import { SignalboxError } from '#server/domain/errors.ts';
import { mayAnywhere } from '#server/identity/actor.ts';
import type { Complete } from '../resources/resource.ts';
import type { McpCall } from './call.ts';
import { invalidParams } from './errors.ts';
import type { Surface } from './served.ts';

/** As many as the protocol allows in one answer. */
const MAX_VALUES = 100;

/** What an argument of a prompt, or a variable of a template, may be. Nobody is offered what they may not read. */
export async function complete(
  call: McpCall,
  surface: Surface,
  params: CompleteRequestParams,
): Promise<CompleteResult> {
  const { ref, argument } = params;
  const { upstream } = surface;
  if (upstream) {
    return ref.type === 'ref/prompt'
      ? upstream.prompts.complete(call, params)
      : upstream.resources.complete(call, params);
  }
  const found = ref.type === 'ref/prompt' ? findPrompt(surface, ref.name) : findTemplate(surface, ref.uri);
  const isAllowed = found.needs.every((action) => mayAnywhere(call.actor, action));
  const offer = isAllowed ? found.offers[argument.name] : undefined;
  const asked = offer?.(call, argument.value, params.context?.arguments ?? {});
  const values = (await asked?.catch(noneOf)) ?? [];
  return {
    completion: {
      values: values.slice(0, MAX_VALUES),
      total: values.length,
      hasMore: values.length > MAX_VALUES,
    },
  };
}

/** What is filled in already may be half written, or name what is not theirs: then there is nothing to offer. */
function noneOf(error: unknown): string[] {
  if (error instanceof SignalboxError && ['NOT_FOUND', 'INVALID'].includes(error.code)) return [];
  throw error;
}

type Offers = Readonly<Record<string, Complete | undefined>>;

function findPrompt({ prompts }: Surface, name: string) {
  const prompt = prompts.find(({ entry }) => entry.name === name);
  if (!prompt) throw invalidParams(`There is no prompt ${JSON.stringify(name)}.`);
  const offers: Offers = Object.fromEntries(prompt.args.map((arg) => [arg.name, arg.complete]));
  return { needs: prompt.needs, offers };
}

function findTemplate({ resources }: Surface, template: string) {
  const found = resources.find((resource) => resource.template === template);
  if (!found) throw invalidParams(`There is no template ${JSON.stringify(template)}.`);
  return { needs: found.needs, offers: (found.complete ?? {}) as Offers };
}
