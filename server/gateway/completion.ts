import type { CompleteRequestParams, CompleteResult } from '@modelcontextprotocol/client';
import { invalid, SignalboxError } from '#server/domain/errors.ts';
import { measureJson } from '#server/domain/json.ts';
import { PROMPT_PREFIX, RESOURCE_PREFIX } from '#server/domain/mcp.ts';
import type { Bucket, Drawn } from '#server/redis/port.ts';
import { takePlace } from './calls/place.ts';
import { splitUri } from './calls/resource-uris.ts';
import type { Peers } from './connections/peers.ts';
import { asHeldBy, type Sessions, type Standing } from './connections/sessions.ts';
import { isOurRefusal } from './refusals.ts';
import { type GatewayCaller, rateSubject } from './tenant/caller.ts';
import type { ApprovedTool, Directories, Directory } from './tenant/directory.ts';
import { judge } from './tenant/rules.ts';
import { findVisible, serverIdOf, type View, type VisibleTool, visibleTools } from './tenant/views.ts';
import { answeredError, ownErrorIn, toFailure } from './upstream/faults.ts';
import { templatesOf } from './upstream/offers.ts';
import type { Upstream } from './upstream/upstream.ts';

export interface CompletionOptions {
  directories: Directories;
  sessions: Sessions;
  peers: Peers;
  takeRate(subject: string, bucket: Bucket): Promise<Drawn>;
  /** A session with its server, where it is what was approved still. */
  upstreamOf(tool: ApprovedTool, maxAgeMs: number): Promise<Upstream>;
}

type Complete = (caller: GatewayCaller, view: View, params: CompleteRequestParams) => Promise<CompleteResult>;

const COMPLETE_MS = 10_000;
const MINUTE_MS = 60_000;
/** So long a silent change may go unseen: as for calls. */
const PIN_AGE_MS = 1000;
const MAX_VALUES = 100;
const MAX_ASKED = { maxBytes: 65_536, maxDepth: 8 };
const NOTHING: CompleteResult = { completion: { values: [] } };

/** What could stand for an argument of a prompt or template, by the server: under all that holds for calls. */
export function createCompletion(options: CompletionOptions): Complete {
  const { directories, sessions, takeRate } = options;

  return async function complete(caller, view, params) {
    const directory = await directories.of(caller.orgId);
    const named = referenceOf(directory, caller, { view, ref: params.ref });
    const { connection, row } = named.visible.tool;
    const effectOf = (tool: string) =>
      judge(directory.rules, caller, {
        ...{ connectionId: connection.id, serverId: serverIdOf(directory, view), tool },
      }).effect;
    const effect = effectOf(named.ruled);
    if (effect === 'deny') throw denied(connection.slug, named.ruled);
    // Nothing is sent of a call before people have granted it, and nobody can say what is set.
    if (effect === 'ask' || Object.hasOwn(named.visible.preset, params.argument.name)) return NOTHING;
    if (!measureJson(params as never, MAX_ASKED).ok) throw invalid('What is to be completed is too large.');
    const bucket = { size: connection.callsPerMinute, windowMs: MINUTE_MS };
    const drawn = await takeRate(`${connection.id}:completion:${rateSubject(caller)}`, bucket);
    if (!drawn.isTaken) throw new SignalboxError('LIMITED', `Too many questions to ${connection.slug}.`);
    const held = { row, connection: asHeldBy(connection, caller.userUuid) };
    const asked = withPresets(params, named);
    const { completion } = await askWithin(options, held, asked);
    const { hide } = sessions.standingOf(connection);
    const { template } = named;
    const values = completion.values
      .filter((value) => template === null || effectOf(filledIn(template, asked, value)) !== 'deny')
      .slice(0, MAX_VALUES)
      .map(hide);
    return { completion: { ...completion, values } };
  };
}

/** In a place of its own, within the time and size of the connection, and counted by its breaker. */
async function askWithin(
  { sessions, peers, upstreamOf }: CompletionOptions,
  tool: ApprovedTool,
  params: CompleteRequestParams,
): Promise<CompleteResult> {
  const { connection } = tool;
  const standing = sessions.standingOf(connection);
  const timeoutMs = Math.min(COMPLETE_MS, connection.timeoutMs);
  const leave = await takePlace({ peers, standing }, connection, AbortSignal.timeout(timeoutMs));
  try {
    const upstream = await upstreamOf(tool, PIN_AGE_MS);
    const answer = upstream.capabilities.completions
      ? await upstream.complete(params, { timeoutMs })
      : NOTHING;
    standing.breaker.settle(false);
    const maxBytes = connection.maxResultBytes;
    if (measureJson(answer.completion as never, { maxBytes, maxDepth: 4 }).ok) return answer;
    throw new SignalboxError('TOO_LARGE', 'What the server proposes is too large to be passed on.');
  } catch (error) {
    throw settleFailure(error, standing);
  } finally {
    leave();
  }
}

function settleFailure(error: unknown, { breaker, hide }: Standing): unknown {
  const own = ownErrorIn(error);
  if (own?.code === 'TOO_LARGE' || isOurRefusal(own)) {
    breaker.forget();
    return own;
  }
  const answered = answeredError(error, hide);
  breaker.settle(answered === null);
  return answered === null
    ? toFailure(error, hide).error
    : invalid(`The server answered with an error: ${answered.words}`);
}

interface Named {
  visible: Pick<VisibleTool, 'tool' | 'preset'>;
  /** As the server names it. */
  ref: CompleteRequestParams['ref'];
  /** As rules do. */
  ruled: string;
  template: string | null;
}

function referenceOf(
  directory: Directory,
  caller: GatewayCaller,
  { view, ref }: { view: View; ref: CompleteRequestParams['ref'] },
): Named {
  if (ref.type === 'ref/prompt') {
    const visible = findVisible(directory, caller, { view, name: ref.name, kind: 'prompt' });
    const { name } = visible.tool.row;
    return { visible, ref: { ...ref, name: name.slice(PROMPT_PREFIX.length) }, ruled: name, template: null };
  }
  const split = splitUri(ref.uri);
  const visible = [...visibleTools(directory, caller, { view, kind: 'resources' }).values()].find(
    ({ tool }) => tool.connection.slug === split?.slug,
  );
  const isKnown =
    visible &&
    split &&
    templatesOf(visible.tool.row.pinned).some(({ uriTemplate }) => uriTemplate === split.uri);
  if (!isKnown) throw invalid(`There is no template ${JSON.stringify(ref.uri.slice(0, 200))}.`);
  const { uri } = split;
  return { visible, ref: { ...ref, uri }, ruled: `${RESOURCE_PREFIX}${uri}`, template: uri };
}

/** Arguments that a virtual server has set are so here too. */
function withPresets(params: CompleteRequestParams, { visible, ref }: Named): CompleteRequestParams {
  const set = Object.entries(visible.preset).map(([name, value]) => [name, String(value)] as const);
  if (set.length === 0) return { ...params, ref };
  const given = params.context?.arguments ?? {};
  return { ...params, ref, context: { arguments: { ...given, ...Object.fromEntries(set) } } };
}

/** What the template comes to with the value, as far as rules can tell. */
function filledIn(template: string, { argument, context }: CompleteRequestParams, value: string): string {
  const known = { ...context?.arguments, [argument.name]: value };
  const uri = template.replace(/\{[+#./;?&]?([^}*:]*)[^}]*\}/g, (_, name: string) => known[name] ?? '');
  return `${RESOURCE_PREFIX}${uri}`;
}

function denied(slug: string, ruled: string): SignalboxError {
  return new SignalboxError('FORBIDDEN', `A rule forbids this caller ${ruled} of ${slug}.`, {
    advice: 'Ask an owner or admin to change the rules.',
  });
}
