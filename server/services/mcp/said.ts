import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type JsonObject } from '#server/domain/json.ts';
import { jsonObjectSchema } from '#server/domain/json-shape.ts';
import { ANSWER_ACTIONS, type Answers, type QuestionPart } from '#server/domain/mcp.ts';
import { checkForm } from '#server/domain/mcp-form.ts';

/** What people say to a question, by the names of its parts. */
export const answersSchema = z.record(
  z.string(),
  z.strictObject({ action: z.enum(ANSWER_ACTIONS), content: jsonObjectSchema.optional() }),
);

/** An answer to each part, in the protocol's form, held to what was asked. */
export function saidTo(parts: readonly QuestionPart[], answers: z.output<typeof answersSchema>): Answers {
  const issues = Object.keys(answers)
    .filter((name) => !parts.some((part) => part.name === name))
    .map((name) => ({ path: ['answers', name], message: 'was not asked' }));
  const said = parts.map(({ name, params }): [string, JsonObject] => {
    const at = ['answers', name];
    const given = Object.hasOwn(answers, name) ? answers[name] : undefined;
    if (!given) {
      issues.push({ path: at, message: 'must be answered' });
      return [name, {}];
    }
    const { action, content = {} } = given;
    const schema = params.requestedSchema;
    if (action !== 'accept' || !isJsonObject(schema)) return [name, { action }];
    for (const { path, message } of checkForm(schema, content)) {
      issues.push({ path: [...at, 'content', ...path], message });
    }
    return [name, { action, content }];
  });
  if (issues.length === 0) return Object.fromEntries(said);
  const [first] = issues;
  throw new SignalboxError(
    'INVALID',
    `The answer does not fit. ${first?.path.join('.')}: ${first?.message}.`,
    {
      advice: 'Correct the fields that are listed.',
      details: { issues },
    },
  );
}
