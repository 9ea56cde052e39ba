import type { RuleEffect, RuleSubjectKind } from '#server/domain/mcp.ts';
import type { GatewayCaller } from './caller.ts';

export interface Rule {
  id: string;
  effect: RuleEffect;
  subjectKind: RuleSubjectKind;
  subject: string | null;
  connectionId: string | null;
  tool: string | null;
}

export interface RuledCall {
  connectionId: string;
  tool: string;
}

const STRICTNESS: Readonly<Record<RuleEffect, number>> = { allow: 0, ask: 1, deny: 2 };

/** The strictest of all rules that fit, and which one that is. Without any the call is allowed. */
export function judge(
  rules: readonly Rule[],
  caller: GatewayCaller,
  call: RuledCall,
): { effect: RuleEffect; rule: Rule | null } {
  let found: Rule | null = null;
  for (const rule of rules) {
    if (!fitsCall(rule, call) || !fitsCaller(rule, caller)) continue;
    if (found === null || STRICTNESS[rule.effect] > STRICTNESS[found.effect]) found = rule;
  }
  return { effect: found?.effect ?? 'allow', rule: found };
}

function fitsCall({ connectionId, tool }: Rule, call: RuledCall): boolean {
  if (connectionId !== null && connectionId !== call.connectionId) return false;
  if (tool === null || tool === call.tool) return true;
  return tool.endsWith('*') && call.tool.startsWith(tool.slice(0, -1));
}

function fitsCaller({ subjectKind, subject }: Rule, { role, id, userUuid, run }: GatewayCaller): boolean {
  switch (subjectKind) {
    case 'everybody':
      return true;
    case 'role':
      return role === subject;
    case 'caller':
      return id === subject || (userUuid !== null && userUuid === subject);
    case 'agent':
      return run !== null && run.agent === subject;
    case 'pipeline':
      return run !== null && run.pipelineUuid === subject;
  }
}
