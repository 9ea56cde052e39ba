import type { ToolAnnotations } from '@modelcontextprotocol/server';
import type { ToolKind } from '../tools/tool.ts';

type Hints = Required<Omit<ToolAnnotations, 'title'>>;

const HERE = { openWorldHint: false };

/** What clients are told that a call may do; they decide by it whether to ask their person first. */
const HINTS: Record<ToolKind, Hints> = {
  reads: { ...HERE, readOnlyHint: true, destructiveHint: false, idempotentHint: true },
  makes: { ...HERE, readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  sets: { ...HERE, readOnlyHint: false, destructiveHint: false, idempotentHint: true },
  ends: { ...HERE, readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  starts: { openWorldHint: true, readOnlyHint: false, destructiveHint: true, idempotentHint: false },
};

export const annotationsOf = (kind: ToolKind, title: string): ToolAnnotations => ({ title, ...HINTS[kind] });
