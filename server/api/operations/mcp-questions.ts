import { z } from 'zod';
import { idSchema } from '#server/domain/ids.ts';
import { QUESTION_STATES } from '#server/domain/mcp.ts';
import { answerQuestion, listQuestions } from '#server/services/mcp/questions.ts';
import { answersField, mcpQuestionSchema, presentQuestion } from '../wire/mcp-policy.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { createdInput, orderInput, pageInput, withCreated } from './fields.ts';
import { operation } from './operation.ts';

export const mcpQuestions = {
  list: operation({
    method: 'GET',
    path: '/api/v1/mcp/questions',
    summary: 'List what MCP servers ask in the middle of calls that stages make',
    description: 'Newest first, unless asked otherwise. Those `asked` still wait for an answer.',
    input: z.strictObject({
      ...pageInput,
      state: z.enum(QUESTION_STATES).optional(),
      run_id: idSchema('run').optional(),
      connection_id: idSchema('mcpConnection').optional(),
      tool: z.string().min(1).max(128).optional(),
      ...createdInput,
      order: orderInput,
    }),
    output: z.object({ questions: z.array(mcpQuestionSchema), next_cursor: nextCursor }),
    example: { limit: 20, state: 'asked' },
    async handle({ services, actor }, { run_id, connection_id, ...input }) {
      const page = await listQuestions(services, actor, {
        ...withCreated(input),
        ...{ runId: run_id, connectionId: connection_id },
      });
      return { questions: page.items.map(presentQuestion), next_cursor: page.nextCursor };
    },
  }),

  answer: operation({
    method: 'POST',
    path: '/api/v1/mcp/questions/{id}/answer',
    summary: 'Answer what an MCP server asks',
    description:
      'Each part is accepted, with what its form was filled in with, declined or cancelled. The first answer counts; whoever comes later hears who gave it.',
    input: z.strictObject({
      id: idSchema('mcpQuestion'),
      answers: answersField.describe('By the names of the parts.'),
    }),
    output: mcpQuestionSchema,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { id: EXAMPLE.mcpQuestion, answers: { where: { action: 'accept', content: { city: 'Bern' } } } },
    handle: async ({ services, actor }, input) =>
      presentQuestion(await answerQuestion(services, actor, input)),
  }),
};
