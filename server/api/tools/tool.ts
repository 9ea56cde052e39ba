import type { z } from 'zod';
import type { Actor } from '#server/identity/actor.ts';
import type { RateClass } from '#server/identity/limits/rates.ts';
import type { Action } from '#server/identity/permissions.ts';
import type { Services } from '#server/services/context.ts';

/** What every tool works with, whichever door it was called through. */
export interface ToolCall {
  services: Services;
  actor: Actor;
  /** The caller has gone or has called it off. */
  signal: AbortSignal;
  /** How far it is, for whoever waits. Rises from call to call; nobody may be listening. */
  progress(step: Step): void;
  /** A line for people who look over the caller's shoulder. */
  say(level: 'info' | 'warning' | 'error', line: string): void;
}

export interface Step {
  done: number;
  total?: number;
  message?: string;
}

/** What a client may expect of a call; models and people decide by it whether to ask first. */
export type ToolKind =
  /** It changes nothing. */
  | 'reads'
  /** It makes something; a second call makes a second one. */
  | 'makes'
  /** It changes something, and once more makes no difference. */
  | 'sets'
  /** What it ends or removes does not come back. */
  | 'ends'
  /** It sets others to work: what they do, and what they reach outside, is not known here. */
  | 'starts';

export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  /** `noun_verb`, as clients call it. */
  name: string;
  title: string;
  /** For a model: what it does, when to use it, what to do next. */
  description: string;
  kind: ToolKind;
  /** Name of a drawing in `icons.ts`. */
  icon: string;
  /**
   * What the verb demands, all of it. The verb is the judge: by this a client is told which tools are worth listing for
   * it, and what scope to ask for. A test calls each tool as everybody and holds the two together.
   */
  needs: readonly Action[];
  /** As which it is counted; left out, what reads is a read and all else a write. */
  rate?: RateClass;
  /** Fields as they travel. */
  input: Input;
  output: Output;
  /** A call that works. Ids of `examples.ts` stand for things of that kind; a test makes them and makes the call. */
  example: z.input<Input>;
  /** Calls one verb of `server/services`, which authorises, and presents what it answers with. */
  handle(call: ToolCall, input: z.output<Input>): Promise<z.input<Output>>;
}

/** The identity function: it makes TypeScript infer what `handle` takes and gives. */
export function tool<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Tool<Input, Output>,
): Tool<Input, Output> {
  return definition;
}

export const rateOf = ({ kind, rate }: Pick<Tool, 'kind' | 'rate'>): RateClass =>
  rate ?? (kind === 'reads' ? 'reads' : 'writes');
