import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  helloMessageSchema,
  reportsMessageSchema,
  stopMessageSchema,
  tasksMessageSchema,
  welcomeMessageSchema,
} from '#server/domain/messages.ts';

const page = readFileSync(join(import.meta.dirname, 'agents.md'), 'utf8');
const EXAMPLE = /<!-- example (\w+) -->\s*```json\n([\s\S]*?)```/g;
const SCHEMAS: Record<string, z.ZodType> = {
  hello: helloMessageSchema,
  welcome: welcomeMessageSchema,
  tasks: tasksMessageSchema,
  reports: reportsMessageSchema,
  control: stopMessageSchema,
};
const examples = [...page.matchAll(EXAMPLE)].map(([, kind = '', text = '']) => ({ kind, text }));

describe('the page for authors of agents', () => {
  test.each(examples)(
    'shows a $kind message that the program takes, with no field it would ignore',
    ({ kind, text }) => {
      const example: unknown = JSON.parse(text);
      // What the schema leaves out is gone from its output; defaults may be added.
      expect(SCHEMAS[kind]?.parse(example)).toMatchObject(example as object);
    },
  );

  test('has an example of every kind of message and of every report', () => {
    expect(new Set(examples.map(({ kind }) => kind))).toEqual(new Set(Object.keys(SCHEMAS)));
    expect(page.match(/```json/g)).toHaveLength(examples.length);
    const described = [...page.matchAll(/^\| `(\w+)`\s+\|/gm)].map(([, type]) => type);
    const known = reportsMessageSchema.shape.reports
      .unwrap()
      .element.options.map((option) => [...option.shape.type.values][0]);
    expect(new Set(described)).toEqual(new Set(known));
  });
});
