import type { ClientCapabilities } from '@modelcontextprotocol/client';
import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject, type JsonObject } from '#server/domain/json.ts';
import { type Askable, ELICITATION, isLoan, type Question, ROOTS, SAMPLING } from '#server/domain/mcp.ts';
import { OUR_REFUSAL, refused } from '../refusals.ts';
import type { GatewayCaller } from '../tenant/caller.ts';
import type { ApprovedTool, Connection, Directory } from '../tenant/directory.ts';
import { judge, mayBorrow } from '../tenant/rules.ts';
import { hostOf } from './questions.ts';

/** What it takes to know what a server may ask in the middle of a call. */
export interface CallOf {
  caller: GatewayCaller;
  directory: Directory;
  tool: ApprovedTool;
  serverId: string | null;
  askable?: Askable | undefined;
}

function isAllowed(
  { caller, directory: { rules }, tool, serverId }: CallOf,
  method: Question['method'],
): boolean {
  const call = { connectionId: tool.connection.id, serverId, tool: method };
  return isLoan(method)
    ? mayBorrow(rules, caller, { ...call, tool: method })
    : judge(rules, caller, call).effect !== 'deny';
}

/** Throws what the rules keep from this caller. */
export function checkRules(call: CallOf, method: Question['method']): void {
  if (isAllowed(call, method)) return;
  const { connection } = call.tool;
  if (!isLoan(method)) throw refused(connection, 'asks its caller something, which a rule forbids');
  const what = method === SAMPLING ? 'for the language model' : 'for the folders';
  throw refused(connection, `asks ${what} of its caller, which no rule allows`);
}

/** What the server is told that it can ask in this call. */
export function capabilitiesOf(call: CallOf): ClientCapabilities {
  const { askable } = call;
  if (!askable) return {};
  const { canFill, canOpen, canSample, canListRoots } = askable;
  const mayAsk = (canFill || canOpen) && isAllowed(call, ELICITATION);
  return {
    ...(mayAsk ? { elicitation: { ...(canFill ? { form: {} } : {}), ...(canOpen ? { url: {} } : {}) } } : {}),
    ...(canSample && isAllowed(call, SAMPLING) ? { sampling: {} } : {}),
    ...(canListRoots && isAllowed(call, ROOTS) ? { roots: {} } : {}),
  };
}

/** Throws unless the caller can be asked this. */
export function checkAskable(
  { method, params }: Question,
  askable: Askable | undefined,
  connection: Connection,
): void {
  const [can, what, needed] = needOf({ method, params }, askable);
  if (can !== true) throw unaskable(connection, what, needed);
}

type Need = [can: boolean | undefined, what: string, needed: JsonObject];

function needOf({ method, params }: Question, askable: Askable | undefined): Need {
  switch (method) {
    case SAMPLING:
      return [askable?.canSample, 'a language model', { sampling: {} }];
    case ROOTS:
      return [askable?.canListRoots, 'the folders of its caller', { roots: {} }];
    case ELICITATION:
      return params.mode === 'url'
        ? [
            askable?.canOpen,
            `somebody to open a page${params.url === undefined ? '' : ` of ${hostOf(params.url)}`}`,
            { elicitation: { url: {} } },
          ]
        : [askable?.canFill, 'somebody to fill in a form', { elicitation: { form: {} } }];
  }
}

const FEATURES = { [SAMPLING]: 'sampling', [ROOTS]: 'roots', [ELICITATION]: 'elicitation' } as const;

function unaskable({ slug }: Connection, what: string, requiredCapabilities: JsonObject): SignalboxError {
  return new SignalboxError(
    'FORBIDDEN',
    `${slug} asks for ${what} before it goes on, and this caller can not be asked.`,
    {
      advice: `Call it with an MCP client that supports ${Object.keys(requiredCapabilities).join(' and ')}.`,
      details: { ...OUR_REFUSAL, requiredCapabilities },
    },
  );
}

/** Why a server that needs more of its caller than it was told of was told no more. */
export function lackOf(call: CallOf, required: unknown): SignalboxError {
  const { connection } = call.tool;
  const wanted = isJsonObject(required) ? required : {};
  for (const method of [ELICITATION, SAMPLING, ROOTS] as const) {
    const part = wanted[FEATURES[method]];
    if (part === undefined) continue;
    if (!isAllowed(call, method)) {
      try {
        checkRules(call, method);
      } catch (error) {
        return error as SignalboxError;
      }
    }
    const params: JsonObject = isJsonObject(part) && part.url !== undefined ? { mode: 'url' } : {};
    const [, what, needed] = needOf({ method, params }, call.askable);
    return unaskable(connection, what, needed);
  }
  return refused(connection, 'needs something of its caller that is not known here');
}
