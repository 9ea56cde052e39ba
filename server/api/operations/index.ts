import { auth, me } from './account.ts';
import { agents } from './agents.ts';
import { analytics } from './analytics.ts';
import { apps } from './apps.ts';
import { audit } from './audit.ts';
import { bulk } from './bulk.ts';
import { agentTokens, keys } from './keys.ts';
import { limits } from './limits.ts';
import { mcp } from './mcp.ts';
import { mcpApprovals, mcpRules, mcpServers, mcpUsage } from './mcp-policy.ts';
import { mcpQuestions } from './mcp-questions.ts';
import { grants, invites, members } from './members.ts';
import { notificationDeliveries, notificationTargets } from './notifications.ts';
import type { Operation } from './operation.ts';
import { orgs } from './orgs.ts';
import { passkeys } from './passkeys.ts';
import { pipelines } from './pipelines.ts';
import { deadLetters, queues } from './queues.ts';
import { runs } from './runs.ts';
import { secrets } from './secrets.ts';
import { system } from './system.ts';
import { tasks } from './tasks.ts';
import { templates } from './templates.ts';
import { views } from './views.ts';
import { workspaces } from './workspaces.ts';

/** All that can be asked of Signalbox. Every door is made from this table: REST, tRPC and the OpenAPI document. */
export const operations = {
  pipelines,
  templates,
  runs,
  tasks,
  agents,
  bulk,
  views,
  queues,
  deadLetters,
  auth,
  me,
  passkeys,
  orgs,
  members,
  invites,
  grants,
  keys,
  agentTokens,
  apps,
  system,
  audit,
  secrets,
  notificationTargets,
  notificationDeliveries,
  limits,
  analytics,
  workspaces,
  mcp,
  mcpServers,
  mcpRules,
  mcpApprovals,
  mcpQuestions,
  mcpUsage,
};

export type Operations = typeof operations;

export interface NamedOperation {
  /** `runs.list`: the noun's place in the table, and its own. */
  name: string;
  noun: string;
  operation: Operation;
}

export function listOperations(): NamedOperation[] {
  return Object.entries(operations).flatMap(([noun, verbs]) =>
    Object.entries(verbs as Record<string, Operation>).map(([verb, operation]) => ({
      name: `${noun}.${verb}`,
      noun,
      operation,
    })),
  );
}
