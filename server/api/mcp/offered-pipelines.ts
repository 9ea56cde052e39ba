import type { Tool as ToolEntry } from '@modelcontextprotocol/server';
import { mayAnywhere } from '#server/identity/actor.ts';
import { listOffered, type OfferedPipeline } from '#server/services/pipeline/offered.ts';
import { watchMark } from '../resources/watch-mark.ts';
import {
  findOffered,
  OFFERED_NEEDS,
  offeredName,
  offeredSchema,
  offeredText,
  runOffered,
} from '../tools/offered.ts';
import { runStatusSchema } from '../tools/run-view.ts';
import { toToolSchema } from '../tools/schemas.ts';
import type { McpCall } from './call.ts';
import { callTool } from './call-tool.ts';
import { annotationsOf } from './hints.ts';
import { iconsOf } from './icons.ts';
import type { ServedTool, ToolSource } from './served.ts';

const OUTPUT = toToolSchema(runStatusSchema, 'output') as ToolEntry['outputSchema'];
const LOOK_MS = 10_000;

function serve(offered: OfferedPipeline): ServedTool {
  const name = offeredName(offered);
  return {
    needs: OFFERED_NEEDS,
    entry: {
      ...{ name, title: offered.name, description: offeredText(offered), icons: iconsOf('pipeline') },
      inputSchema: offeredSchema(offered) as ToolEntry['inputSchema'],
      outputSchema: OUTPUT,
      annotations: annotationsOf('starts', offered.name),
    },
    call: (call, { args, context }) =>
      callTool(
        call,
        { name, rate: 'writes' },
        { context, handle: (toolCall) => runOffered(toolCall, offered, args) },
      ),
  };
}

/** For whoever may not see pipelines there are none. */
const list = async ({ services, actor }: McpCall): Promise<OfferedPipeline[]> =>
  mayAnywhere(actor, 'pipeline.read') ? listOffered(services, actor) : [];

/** Each published pipeline that has a name as a tool. */
export const offeredPipelines: ToolSource = {
  list: async (call) => (await list(call)).map(serve),
  async find(call, name) {
    const found = mayAnywhere(call.actor, 'pipeline.read') ? await findOffered(call, name) : undefined;
    return found && serve(found);
  },
  watch: (call, changed) => watchMark(async () => JSON.stringify(await list(call)), changed, LOOK_MS),
};
