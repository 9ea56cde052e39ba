import type { Broker } from '#server/broker/port.ts';
import { agentWelcomeKey, RESPONSE_QUEUE } from '#server/broker/topology.ts';
import type { AgentRegistrationInput } from '#server/domain/agent-registration.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { MESSAGE_VERSION, welcomeMessageSchema } from '#server/domain/messages.ts';

export interface Membership {
  agentId: AgentId;
  /** Grows when a hello that was sent twice was heard twice. */
  generation: number;
  beatEveryMs: number;
  /** Where its work comes; null when it was not told, by an older process. */
  queues: string[] | null;
  stop(): Promise<void>;
}

const AGAIN_MS = 2000;

/** Registers with nothing but a broker: says hello until somebody answers. */
export async function sayHello(options: {
  broker: Broker;
  registration: AgentRegistrationInput;
  newId(): string;
}): Promise<Membership> {
  const { broker, registration, newId } = options;
  const replyTo = newId().replaceAll('-', '');
  const body = JSON.stringify({ version: MESSAGE_VERSION, hello: registration, reply_to: replyTo });
  let membership: Membership | null = null;
  let timer: NodeJS.Timeout | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Membership>();

  const subscription = await broker.subscribeEvents(agentWelcomeKey(replyTo), (_key, answer) => {
    const welcome = welcomeMessageSchema.safeParse(parseOrNull(answer));
    if (!welcome.success) return;
    if ('refused' in welcome.data) {
      reject(new SignalboxError('LIMITED', `The agent was not registered: ${welcome.data.refused}`));
      return;
    }
    const { agent_id: agentId, generation, beat_every_ms: beatEveryMs, queues = null } = welcome.data;
    if (membership) membership.generation = Math.max(membership.generation, generation);
    else {
      membership = { agentId, generation, beatEveryMs, queues, stop: () => subscription.stop() };
      resolve(membership);
    }
  });
  const say = async (): Promise<void> => {
    await broker.publish([{ queue: RESPONSE_QUEUE, priority: 'high', messageId: newId(), body }]);
  };
  timer = setInterval(() => void say(), AGAIN_MS);
  await say();
  try {
    return await promise;
  } catch (error) {
    await subscription.stop();
    throw error;
  } finally {
    clearInterval(timer);
  }
}

function parseOrNull(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return null;
  }
}
