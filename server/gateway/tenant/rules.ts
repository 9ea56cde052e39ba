import { createLruMap } from '#server/domain/graph/lru-map.ts';
import {
  LOANS,
  type Loan,
  RESOURCE_PREFIX,
  type RuleEffect,
  type RuleSubjectKind,
} from '#server/domain/mcp.ts';
import type { GatewayCaller } from './caller.ts';
import { spellingsOf } from './uri-spellings.ts';

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

export interface Judgement {
  effect: RuleEffect;
  rule: Rule | null;
}

/**
 * The strictest of the rules that fit, and which one that is. Without any the call is allowed. What is said of the
 * virtual server that it comes through goes before what is said of calls in general: so what is forbidden everywhere
 * else can be allowed at one, and the other way round. Who has two roles, and what can be spelled in several ways, is
 * judged as each, and the strictest holds.
 */
export function judge(rules: readonly Rule[], caller: GatewayCaller, call: RuledCall): Judgement {
  let strictest: Judgement | null = null;
  for (const role of rolesOf(caller)) {
    for (const tool of spelledAs(call.tool)) {
      const found = judgeOne(rules, { ...caller, role }, { ...call, tool });
      if (strictest === null || isStricter(found, strictest)) strictest = found;
    }
  }
  return strictest ?? { effect: 'allow', rule: null };
}

const isStricter = (one: Judgement, other: Judgement): boolean =>
  STRICTNESS[one.effect] > STRICTNESS[other.effect] || (one.effect === other.effect && other.rule === null);

/** A key acts within its own role and that of its maker, so what holds for either holds for it. */
const rolesOf = ({ role, makerRole }: GatewayCaller): readonly (string | null)[] =>
  makerRole === null || makerRole === role ? [role] : [role, makerRole];

function spelledAs(tool: string): Iterable<string> {
  if (!tool.startsWith(RESOURCE_PREFIX)) return [tool];
  return [...spellingsOf(tool.slice(RESOURCE_PREFIX.length))].map((uri) => `${RESOURCE_PREFIX}${uri}`);
}

type AsOne = Omit<GatewayCaller, 'makerRole'>;

function judgeOne(rules: readonly Rule[], caller: AsOne, call: RuledCall): Judgement {
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
  const named = rules.filter(({ tool }) => tool === call.tool);
  return rolesOf(caller).every((role) => {
    const asOne = { ...caller, role };
    return (
      judgeOne(named, asOne, call).rule?.effect === 'allow' && judgeOne(rules, asOne, call).effect === 'allow'
    );
  });
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
  return tool === null || writtenAs(tool).some((each) => names(each, call.tool));
}

const names = (tool: string, called: string): boolean =>
  tool === called || (tool.endsWith('*') && called.startsWith(tool.slice(0, -1)));

/** A rule may spell a URI otherwise than a server does, too. */
function writtenAs(tool: string): readonly string[] {
  const uri = tool.startsWith(RESOURCE_PREFIX) ? tool.slice(RESOURCE_PREFIX.length) : '';
  if (!uri.includes(':')) return [tool];
  const known = written.get(tool) ?? [tool, ...normalRule(uri)];
  written.set(tool, known);
  return known;
}

const written = createLruMap<string, readonly string[]>(2000);

function normalRule(uri: string): string[] {
  const isBeginning = uri.endsWith('*');
  const normal = URL.parse(isBeginning ? uri.slice(0, -1) : uri)?.href;
  return normal === undefined ? [] : [`${RESOURCE_PREFIX}${normal}${isBeginning ? '*' : ''}`];
}

function fitsCaller({ subjectKind, subject }: Rule, { role, id, userUuid, run }: AsOne): boolean {
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
