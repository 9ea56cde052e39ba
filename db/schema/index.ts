export { agentHealth } from './agent-health.ts';
export { agentHistory } from './agent-history.ts';
export { agentPerformance } from './agent-performance.ts';
export { agentSeats } from './agent-seats.ts';
export { agentTokens } from './agent-tokens.ts';
export { agents } from './agents.ts';
export {
  analyticsProgress,
  analyticsSlices,
  errorGroups,
  runRollups,
  runTotals,
  taskRollups,
  taskTotals,
} from './analytics.ts';
export { apiKeys } from './api-keys.ts';
export { appClients, appConnections, appRecords } from './apps.ts';
export { attempts } from './attempts.ts';
export { auditCheckpoints, auditEntries, auditHeads } from './audit.ts';
export { bulkItems } from './bulk-items.ts';
export { bulks } from './bulks.ts';
export { concurrencySlots } from './concurrency-slots.ts';
export { deadLetters } from './dead-letters.ts';
export { drafts } from './drafts.ts';
export { guardingSettings } from './guarding-settings.ts';
export { idempotencyKeys } from './idempotency-keys.ts';
export { inbox } from './inbox.ts';
export { lateAnswers } from './late-answers.ts';
export { linkedIdentities } from './linked-identities.ts';
export {
  mcpApprovals,
  mcpCalls,
  mcpConnections,
  mcpHealth,
  mcpQuestions,
  mcpRules,
  mcpServers,
  mcpSignIns,
  mcpTools,
  mcpUsage,
  mcpUsageSummary,
} from './mcp.ts';
export { mcpSessions } from './mcp-sessions.ts';
export { members, memberships } from './memberships.ts';
export {
  notificationDeliveries,
  notificationOutbox,
  notificationSigning,
  notificationTargets,
} from './notifications.ts';
export { orgs } from './orgs.ts';
export { outbox } from './outbox.ts';
export { passkeyChallenges, passkeys } from './passkeys.ts';
export { pipelineGrants } from './pipeline-grants.ts';
export { pipelineStars } from './pipeline-stars.ts';
export { pipelines } from './pipelines.ts';
export { runEvents } from './run-events.ts';
export { runLabels } from './run-labels.ts';
export { runObjects } from './run-objects.ts';
export { runStatus, runs } from './runs.ts';
export { samples } from './samples.ts';
export { savedViews } from './saved-views.ts';
export { secrets } from './secrets.ts';
export { serverKeys } from './server-keys.ts';
export { sessions } from './sessions.ts';
export { signInFlows } from './sign-in-flows.ts';
export { signInLinks } from './sign-in-links.ts';
export { storedObjects } from './stored-objects.ts';
export { taskDagTemplates } from './task-dag-templates.ts';
export { taskStageLogs } from './task-stage-logs.ts';
export { taskStatus, tasks } from './tasks.ts';
export { users } from './users.ts';
export { versions } from './versions.ts';
export {
  workspaceBlobs,
  workspaceCollaborators,
  workspaceFiles,
  workspaceLeases,
  workspaceMessages,
  workspaceSteps,
  workspaces,
  workspaceVersions,
} from './workspaces.ts';
