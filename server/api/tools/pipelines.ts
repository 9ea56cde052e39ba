import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { listPipelines } from '#server/services/pipeline/list.ts';
import { pageInput } from '../operations/fields.ts';
import { isoTime, nextCursor, time } from '../wire/values.ts';
import { tool } from './tool.ts';

const pipelineSchema = z.object({
  id: idSchema('pipe'),
  name: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  version: z.int().nullable().describe('The newest published one; null: nothing to run yet.'),
  stages: z.int(),
  updated_at: time,
});

export const pipelineTools = [
  tool({
    name: 'pipelines_list',
    title: 'List pipelines',
    description:
      'Lists the pipelines that can be run, with what each is for. Use it to find the id that pipeline_run needs.',
    kind: 'reads',
    icon: 'pipeline',
    needs: ['pipeline.read'],
    input: z.strictObject({
      search: z.string().max(200).optional().describe('Words of its name or description.'),
      tags: z.array(z.string().min(1).max(64)).max(32).optional().describe('It has all of them.'),
      ...pageInput,
    }),
    output: z.object({ pipelines: z.array(pipelineSchema), next_cursor: nextCursor }),
    example: { limit: 10 },
    async handle({ services, actor }, input) {
      const page = await listPipelines(services, actor, input);
      const pipelines = page.items.map(
        ({ id, name, description, tags, versionNumber, stages, updatedAt }) => ({
          ...{ id, name, description, tags, stages, version: versionNumber },
          updated_at: isoTime(updatedAt),
        }),
      );
      return { pipelines, next_cursor: page.nextCursor };
    },
  }),
] as const;
