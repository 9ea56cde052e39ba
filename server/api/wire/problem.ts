import { z } from 'zod';
import { ERROR_CODES } from '#server/domain/errors.ts';
import { PROBLEM_CODES, type Problem } from '#server/domain/graph/validate.ts';

/** Every error, as RFC 9457 has it. */
export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(ERROR_CODES).describe('Stable: programs compare this and no text.'),
    detail: z.string().describe('What happened and why.'),
    advice: z.string().optional().describe('What to do.'),
    instance: z.string().optional().describe('The request id: the log has more under it.'),
  })
  .meta({ id: 'Problem' });

/** What is wrong with a graph, and where. */
export const graphProblemSchema = z
  .object({
    code: z.enum(PROBLEM_CODES),
    severity: z.enum(['error', 'warning']),
    message: z.string(),
    path: z.array(z.union([z.string(), z.int()])),
    stage: z.string().optional(),
    stages: z.array(z.string()).optional(),
    dependency: z.int().optional(),
    span: z.object({ start: z.int(), end: z.int() }).optional(),
    advice: z.string(),
  })
  .meta({ id: 'GraphProblem' });

export const presentGraphProblem = (problem: Problem): z.input<typeof graphProblemSchema> => problem;

/** Why a text is no document. */
export const textFaultSchema = z
  .object({ code: z.string(), message: z.string(), line: z.int(), column: z.int() })
  .meta({ id: 'TextFault' });
