import { SignalboxError } from '#server/domain/errors.ts';
import {
  DEFAULT_ORG_ID,
  type OrgId,
  type PipelineId,
  type SessionId,
  type UserId,
} from '#server/domain/ids.ts';
import { type Action, type Permission, permissionOf, type Role, type Scope } from './permissions.ts';

/** What somebody is in an organisation. Without a role: nothing but the grants. */
export interface Rights {
  readonly role: Role | null;
  /** Pipelines that they were entrusted with beyond what their role says. */
  readonly grants: ReadonlySet<PipelineId>;
}

/** Where a request came from, for the audit. */
export interface Origin {
  readonly address: string | null;
  readonly requestId: string | null;
  readonly userAgent: string | null;
}

/** Whoever asks. Built at the door for each request, from what the database says now; verbs believe it. */
export interface Actor extends Rights {
  /**
   * `local`: a program on this machine that has read the secret in the data folder. `app`: a program that a person has
   * let in. `external`: signed in elsewhere. `nobody`: not signed in, and asking for what is open to everybody.
   */
  readonly kind: 'local' | 'person' | 'key' | 'app' | 'agent' | 'external' | 'nobody';
  readonly id: string;
  readonly orgId: OrgId;
  readonly name: string;
  /** Null: not narrowed. */
  readonly scopes: readonly Scope[] | null;
  /** What a key's maker may do now: the key may do no more. */
  readonly ceiling: Rights | null;
  /** The one agent that an agent's token speaks for. */
  readonly agent: string | null;
  /** The person that it is, or that answers for it. */
  readonly userId: UserId | null;
  readonly sessionId: SessionId | null;
  readonly from: Origin;
}

export const NOWHERE: Origin = { address: null, requestId: null, userAgent: null };
export const NO_GRANTS: ReadonlySet<PipelineId> = new Set();

export const LOCAL_OWNER: Actor = {
  kind: 'local',
  id: 'local',
  orgId: DEFAULT_ORG_ID,
  name: 'local owner',
  role: 'owner',
  grants: NO_GRANTS,
  scopes: null,
  ceiling: null,
  agent: null,
  userId: null,
  sessionId: null,
  from: NOWHERE,
};

export const NOBODY: Actor = { ...LOCAL_OWNER, kind: 'nobody', id: 'nobody', name: 'nobody', role: null };

/** What it is to be done to, where rights depend on that. */
export interface Target {
  readonly pipelineId?: PipelineId | null;
  readonly agent?: string;
}

/** Whether the actor may; deny by default. */
export function may(actor: Actor, action: Action, target: Target = {}): boolean {
  const permission = permissionOf(action);
  return isFit(actor, permission) && hasRights(actor, permission, target);
}

/** Whether there is anything at all that the actor may do this to. */
export function mayAnywhere(actor: Actor, action: Action): boolean {
  const permission = permissionOf(action);
  if (!isFit(actor, permission)) return false;
  const [pipelineId] = actor.ceiling?.grants ?? actor.grants;
  const targets = [
    {},
    ...(pipelineId ? [{ pipelineId }] : []),
    ...(actor.agent ? [{ agent: actor.agent }] : []),
  ];
  return targets.some((target) => hasRights(actor, permission, target));
}

/** Throws unless the actor may. */
export function authorise(actor: Actor, action: Action, target: Target = {}): void {
  if (!may(actor, action, target)) throw refusal(actor, action);
}

/**
 * Throws if only its scopes keep a key or token from one of these: its holder could show another one. Whether the
 * actor may is for the verb to say.
 */
export function demandScopes(actor: Actor, actions: readonly Action[]): void {
  const lacking = actions.find((action) => lacksScope(actor, action));
  if (lacking) throw refusal(actor, lacking, actions);
}

/**
 * Throws if there is nothing that the actor may do this to. For verbs that must look first at what it is to be done to,
 * so that somebody without the right learns nothing by what they look at.
 */
export function authoriseAnywhere(actor: Actor, action: Action): void {
  if (!mayAnywhere(actor, action)) throw refusal(actor, action);
}

/** What kind of actor it is, and what it was narrowed to, can only take away. */
function isFit(actor: Actor, permission: Permission): boolean {
  if (permission.home && actor.orgId !== DEFAULT_ORG_ID) return false;
  if (permission.inPerson && actor.kind !== 'person' && actor.kind !== 'local') return false;
  return actor.scopes === null || (permission.scope !== null && actor.scopes.includes(permission.scope));
}

function hasRights(actor: Actor, permission: Permission, target: Target): boolean {
  if (actor.kind === 'agent') {
    return permission.agent === true && actor.agent !== null && actor.agent === target.agent;
  }
  return (
    gives(permission, actor, target) && (actor.ceiling === null || gives(permission, actor.ceiling, target))
  );
}

function gives(permission: Permission, { role, grants }: Rights, { pipelineId }: Target): boolean {
  if (role !== null && permission.roles.includes(role)) return true;
  const isGranted = role !== null && permission.granted?.includes(role) === true;
  return isGranted && pipelineId != null && grants.has(pipelineId);
}

/** With more scopes the actor might. */
function lacksScope(actor: Actor, action: Action): boolean {
  const { scope } = permissionOf(action);
  if (actor.scopes === null || scope === null || actor.scopes.includes(scope)) return false;
  return mayAnywhere({ ...actor, scopes: null }, action);
}

function refusal(actor: Actor, action: Action, all: readonly Action[] = [action]): SignalboxError {
  const wanted = all.flatMap((each) => permissionOf(each).scope ?? []);
  // What a key or token would need; one that is not narrowed lacks no scope.
  const lacking = lacksScope(actor, action) ? [...new Set(wanted)] : [];
  const who = actor.role === null ? actor.name : `${actor.name} (${actor.role})`;
  return new SignalboxError('FORBIDDEN', `${who} may not do this (${action}).`, {
    advice: adviceFor(actor, action, lacking),
    ...(lacking.length === 0 ? {} : { details: { scopes: lacking } }),
  });
}

function adviceFor(actor: Actor, action: Action, lacking: readonly Scope[]): string {
  const { roles, inPerson } = permissionOf(action);
  if (actor.kind === 'agent')
    return "An agent's token serves its own agent and nothing else: use a key or an account.";
  if (inPerson && actor.kind !== 'person' && actor.kind !== 'local')
    return `No key or token may, whatever its role. Sign in as ${roles.join(' or ')}, or work on the server's own machine without a key of your own (SIGNALBOX_TOKEN, --token).`;
  if (lacking.length > 0)
    return `It lacks the ${lacking.length === 1 ? 'scope' : 'scopes'} ${lacking.join(', ')}: use a key that has ${lacking.length === 1 ? 'it' : 'them'}.`;
  if (actor.scopes !== null) return 'Use a key whose scopes and role allow it.';
  return `Ask an owner or admin for the right: ${roles.join(', ')} may.`;
}
