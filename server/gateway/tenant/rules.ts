import { LOANS, type Loan, type RuleEffect, type RuleSubjectKind } from '#server/domain/mcp.ts';
import type { GatewayCaller } from './caller.ts';

export interface Rule {
  id: string;
  effect: RuleEffect;
  subjectKind: RuleSubjectKind;
  subject: string | null;
  connectionId: string | null;
  /** A virtual server; null: it says nothing of where calls come through. */
  serverId: string | null;
  tool: string | null;
}

export interface RuledCall {
  connectionId: string;
  /** The virtual server that it comes through; null: none. */
  serverId: string | null;
  tool: string;
}

const STRICTNESS: Readonly<Record<RuleEffect, number>> = { allow: 0, ask: 1, deny: 2 };

/**
 * The strictest of the rules that fit, and which one that is. Without any the call is allowed. What is said of the
 * virtual server that it comes through goes before what is said of calls in general: so what is forbidden everywhere
 * else can be allowed at one, and the other way round.
 */
export function judge(
  rules: readonly Rule[],
  caller: GatewayCaller,
  call: RuledCall,
): { effect: RuleEffect; rule: Rule | null } {
  let found: Rule | null = null;
  for (const rule of rules) {
    if (!fitsCall(rule, call) || !fitsCaller(rule, caller)) continue;
    if (found === null || holdsBefore(rule, found)) found = rule;
  }
  return { effect: found?.effect ?? 'allow', rule: found };
}

function holdsBefore(rule: Rule, other: Rule): boolean {
  const isForServer = rule.serverId !== null;
  if (isForServer !== (other.serverId !== null)) return isForServer;
  return STRICTNESS[rule.effect] > STRICTNESS[other.effect];
}

/** Whether a server may use the model or hear of the folders of a caller: only by a rule that says just this, and none against it. */
export function mayBorrow(
  rules: readonly Rule[],
  caller: GatewayCaller,
  call: RuledCall & { tool: Loan },
): boolean {
  const named = judge(
    rules.filter(({ tool }) => tool === call.tool),
    caller,
    call,
  );
  return named.rule?.effect === 'allow' && judge(rules, caller, call).effect === 'allow';
}

/** What it may of some callers: then the server is told that it can be asked for. */
export const loansOf = (rules: readonly Rule[], connectionId: string): Loan[] =>
  LOANS.filter((loan) =>
    rules.some(
      (rule) =>
        rule.tool === loan &&
        rule.effect === 'allow' &&
        (rule.connectionId === null || rule.connectionId === connectionId),
    ),
  );

function fitsCall({ connectionId, serverId, tool }: Rule, call: RuledCall): boolean {
  if (serverId !== null && serverId !== call.serverId) return false;
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
