import { z } from 'zod';
import { LOG_LEVELS } from '#server/domain/messages.ts';
import {
  joinWorkspace,
  leaveWorkspace,
  logStep,
  readInbox,
  sendMessage,
} from '#server/services/workspace/talk.ts';
import { anyObject } from '../wire/values.ts';
import {
  collaboratorSchema,
  messageSchema,
  moreCollaborators,
  presentCollaborator,
  presentMessage,
} from '../wire/workspace.ts';
import { tool } from './tool.ts';
import { actingFields, EXAMPLE_TASK, whoOf } from './workspace-fields.ts';

const seq = z.int().describe('Number of what happened in the workspace.');

export const collaborationTools = [
  tool({
    name: 'log_step',
    title: 'Log a step',
    description: 'Says what you are doing or have found out, for people and agents who look on.',
    kind: 'makes',
    icon: 'log',
    needs: ['workspace.write'],
    input: z.strictObject({
      ...actingFields,
      message: z.string().min(1).max(4_000),
      level: z.enum(LOG_LEVELS).optional(),
      fields: anyObject.optional(),
    }),
    output: z.object({ seq }),
    example: { task_id: EXAMPLE_TASK, as: 'writer', message: 'Outline done, three sections.' },
    handle({ services, actor }, input) {
      const { message, level, fields } = input;
      return logStep(services, actor, { ...whoOf(input), message, level, fields });
    },
  }),

  tool({
    name: 'join_collab',
    title: 'Join those who work on a task',
    description: 'Says who you are and what you are here for, and answers with who else is.',
    kind: 'sets',
    icon: 'agent',
    needs: ['workspace.write'],
    input: z.strictObject({ ...actingFields, about: z.string().min(1).max(500).optional() }),
    output: z.object({
      me: z.string().describe('What others can address you by.'),
      collaborators: z.array(collaboratorSchema),
      more_collaborators: moreCollaborators,
    }),
    example: { task_id: EXAMPLE_TASK, as: 'writer', about: 'writes the report' },
    async handle({ services, actor }, input) {
      const { me, collaborators, more } = await joinWorkspace(services, actor, {
        ...whoOf(input),
        about: input.about,
      });
      return { me, collaborators: collaborators.map(presentCollaborator), more_collaborators: more };
    },
  }),

  tool({
    name: 'leave_collab',
    title: 'Leave those who work on a task',
    description: 'Says that you are done, and releases all that you have claimed.',
    kind: 'sets',
    icon: 'agent',
    needs: ['workspace.write'],
    input: z.strictObject(actingFields),
    output: z.object({ released: z.int().describe('Claims that were given back.') }),
    example: { task_id: EXAMPLE_TASK, as: 'guest' },
    handle: ({ services, actor }, input) => leaveWorkspace(services, actor, whoOf(input)),
  }),

  tool({
    name: 'send_message',
    title: 'Send a message',
    description: 'Writes to one of those who work on the task, or to all. They find it in their inbox.',
    kind: 'makes',
    icon: 'log',
    needs: ['workspace.write'],
    input: z.strictObject({
      ...actingFields,
      to: z
        .string()
        .min(1)
        .max(512)
        .optional()
        .describe('Id or name of one, see join_collab; left out: all.'),
      body: z.string().min(1).max(16_384),
    }),
    output: z.object({ seq }),
    example: { task_id: EXAMPLE_TASK, as: 'writer', body: 'I need notes.md for two minutes.' },
    async handle({ services, actor }, input) {
      const letter = { ...whoOf(input), to: input.to, body: input.body };
      const { seq: number } = await sendMessage(services, actor, letter);
      return { seq: number };
    },
  }),

  tool({
    name: 'inbox',
    title: 'Read messages',
    description: 'Messages to you and to all, oldest first, that you have not said to have seen.',
    kind: 'sets',
    icon: 'log',
    needs: ['workspace.write', 'workspace.read'],
    input: z.strictObject({
      ...actingFields,
      seen: z.int().min(0).optional().describe('Messages up to this number are not shown again.'),
      limit: z.int().min(1).max(200).optional(),
    }),
    output: z.object({ messages: z.array(messageSchema) }),
    example: { task_id: EXAMPLE_TASK, as: 'reviewer' },
    async handle({ services, actor }, input) {
      const { seen, limit } = input;
      const messages = await readInbox(services, actor, { ...whoOf(input), seen, limit });
      return { messages: messages.map(presentMessage) };
    },
  }),
] as const;
