import { expect, test } from 'vitest';
import type { z } from 'zod';
import type { RunEvent } from '#server/domain/engine/events.ts';
import { ERROR_CLASSES } from '#server/domain/graph/schema.ts';
import type * as sdk from '../../../sdk/typescript/index.mjs';
import { TaskFailure } from '../../../sdk/typescript/index.mjs';
import type { Operations } from '../operations/index.ts';
import type {
  changeSchema,
  collaboratorSchema,
  diffSchema,
  fileSchema,
  leaseSchema,
  listedFileSchema,
  messageSchema,
  writtenSchema,
} from '../wire/workspace.ts';

/*
 * The types are the test: what the SDK says of answers and bodies is compared with the schemas that the server answers
 * by, so a field that is renamed on either side does not compile. That answers are as those schemas say is shown by
 * examples.int.test.ts.
 */

// ---- What the SDK claims ----

type Client = Omit<sdk.Client, 'workspace' | 'request'>;
type Noun = keyof Client & string;
type Method = { [N in Noun]: `${N}.${keyof Client[N] & string}` }[Noun];
// biome-ignore lint/suspicious/noExplicitAny: of any function its answer
type AnswerOf<F> = F extends (...given: any[]) => AsyncGenerator<infer Item> ? Item : AwaitedAnswer<F>;
// biome-ignore lint/suspicious/noExplicitAny: as above
type AwaitedAnswer<F> = F extends (...given: any[]) => Promise<infer Answer> ? Answer : never;
type Claimed<M extends Method> = M extends `${infer N extends Noun}.${infer Verb}`
  ? Verb extends keyof Client[N]
    ? AnswerOf<Client[N][Verb]>
    : never
  : never;

// ---- What the server answers ----

type Answer<
  Noun extends keyof Operations,
  Verb extends keyof Operations[Noun],
> = Operations[Noun][Verb] extends {
  output: infer Output extends z.ZodType;
}
  ? z.output<Output>
  : never;
type Input<
  Noun extends keyof Operations,
  Verb extends keyof Operations[Noun],
> = Operations[Noun][Verb] extends {
  input: infer Given extends z.ZodType;
}
  ? z.input<Given>
  : never;

type Run = Answer<'runs', 'get'>;
type TaskDetail = Answer<'tasks', 'get'>;

/** By the SDK's method. What is no JSON, or nothing, has no fields that could be wrong. */
interface Answered {
  'pipelines.list': Answer<'pipelines', 'list'>;
  'pipelines.all': Answer<'pipelines', 'list'>['pipelines'][number];
  'pipelines.create': Answer<'pipelines', 'create'>;
  'pipelines.import': Answer<'pipelines', 'import'>;
  'pipelines.validate': Answer<'pipelines', 'validate'>;
  'pipelines.get': Answer<'pipelines', 'get'>;
  'pipelines.updateDraft': Answer<'pipelines', 'saveDraft'>;
  'pipelines.publish': Answer<'pipelines', 'publish'>;
  'pipelines.versions': Answer<'pipelines', 'versions'>['versions'];
  'pipelines.export': string;
  'runs.list': Answer<'runs', 'list'>;
  'runs.all': Answer<'runs', 'list'>['runs'][number];
  'runs.start': Answer<'pipelines', 'execute'>;
  'runs.get': Run;
  'runs.cancel': Answer<'runs', 'cancel'>;
  'runs.pause': Answer<'runs', 'pause'>;
  'runs.resume': Answer<'runs', 'resume'>;
  'runs.kill': Answer<'runs', 'kill'>;
  'runs.replay': Answer<'runs', 'replay'>;
  'runs.reveal': Answer<'runs', 'reveal'>;
  'runs.events': Answer<'runs', 'events'>;
  'runs.follow': StreamedEvent;
  'runs.logs': Answer<'runs', 'logs'>['logs'][number];
  'runs.wait': Run;
  'runs.object': Uint8Array;
  'tasks.submit': Answer<'tasks', 'submit'>;
  'tasks.get': TaskDetail;
  'tasks.wait': TaskDetail;
  'tasks.run': TaskDetail;
  'tasks.logs': Answer<'tasks', 'logs'>['logs'];
  'tasks.retry': Answer<'tasks', 'retry'>;
  'agents.list': Answer<'agents', 'list'>['agents'];
  'agents.get': Answer<'agents', 'get'>;
  'agents.order': Answer<'agents', 'order'>;
  'queues.list': Answer<'queues', 'list'>['queues'];
  'queues.deadLetters': Answer<'deadLetters', 'list'>['dead_letters'];
  'queues.replayDeadLetter': undefined;
  'queues.discardDeadLetter': undefined;
}

/** A line of the stream is an entry's number and time, and the event itself. */
type StreamedEvent = { seq: number; at: string } & RunEvent;

type Files = sdk.Workspace;
type Shared<Schema extends z.ZodType> = z.output<Schema>;
/** By the method of the workspace, whose calls are tools. */
interface AnsweredThere {
  list: { files: Shared<typeof listedFileSchema>[]; next_cursor: string | null };
  read: Shared<typeof fileSchema>;
  history: { changes: Shared<typeof changeSchema>[]; next_cursor: string | null };
  write: Shared<typeof writtenSchema>;
  edit: Shared<typeof writtenSchema> & Shared<typeof diffSchema>;
  delete: Shared<typeof writtenSchema>;
  claim: Shared<typeof leaseSchema>;
  renew: Shared<typeof leaseSchema>;
  join: { me: string; collaborators: Shared<typeof collaboratorSchema>[]; more_collaborators: number };
  inbox: Shared<typeof messageSchema>[];
}

/** Bodies by the type that the SDK has for each. */
interface Taken {
  RunBody: [sdk.RunBody, Input<'pipelines', 'execute'>];
  RevealBody: [sdk.RevealBody, Input<'runs', 'reveal'>];
  TaskBody: [sdk.TaskBody, Input<'tasks', 'submit'>];
  PipelineBody: [sdk.PipelineBody, Input<'pipelines', 'create'>];
  StageBody: [sdk.StageBody, Input<'pipelines', 'create'>['stages'][number]];
}

// ---- Compared ----

type IsAny<T> = 0 extends 1 & T ? true : false;
type IsJson<T> = [NonNullable<sdk.Json>] extends [T] ? true : false;
/** Of a union the fields of all its members. */
type FieldOf<T> = T extends object ? keyof T : never;
type ValueOf<T, K> = T extends object ? (K extends keyof T ? NonNullable<T[K]> : never) : never;
/** Without those that stand for any name. */
type NamedFieldOf<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: 1 };

/** Fields that the SDK names and the server has not, at any depth: optional ones are among them. */
type Unknown<Ours, Theirs> = true extends IsAny<Ours> | IsJson<Ours>
  ? never
  : Ours extends Uint8Array
    ? never
    : Ours extends readonly (infer Item)[]
      ? Theirs extends readonly (infer Other)[]
        ? Unknown<NonNullable<Item>, NonNullable<Other>>
        : never
      : Ours extends object
        ? string extends FieldOf<Theirs>
          ? never
          : {
              [K in NamedFieldOf<Ours>]-?: K extends FieldOf<Theirs>
                ? Unknown<NonNullable<Ours[K & keyof Ours]>, ValueOf<Theirs, K>>
                : K;
            }[NamedFieldOf<Ours>]
        : never;

type Misfits<Answers, Claims extends { [K in keyof Answers]: unknown }> = {
  [K in keyof Answers]: [Answers[K]] extends [Claims[K]]
    ? [Unknown<Claims[K], Answers[K]>] extends [never]
      ? never
      : [K, 'has not', Unknown<Claims[K], Answers[K]>]
    : [K, 'is no longer as claimed'];
}[keyof Answers];

type ClaimedAnswers = { [M in Method]: Claimed<M> };
type ClaimedFiles = { [V in keyof AnsweredThere]: AwaitedAnswer<Files[V]> };
type UntoldMethods = Exclude<Method, keyof Answered>;
type UntoldFiles = Exclude<keyof Files, keyof AnsweredThere | 'release' | 'log' | 'leave' | 'send'>;
type UnknownInBodies = { [B in keyof Taken]: Unknown<Taken[B][0], Taken[B][1]> }[keyof Taken];

/** Compiles as long as there is none. */
const none = <_ extends never>(): true => true;

test('every answer that the SDK for TypeScript has a type for is as it says', () => {
  expect(none<Misfits<Answered, ClaimedAnswers>>()).toBe(true);
  expect(none<Misfits<AnsweredThere, ClaimedFiles>>()).toBe(true);
});

test('no method of it is left out of that', () => {
  expect([none<UntoldMethods>(), none<UntoldFiles>()]).toEqual([true, true]);
});

test('every field of a body that it names is one that the server takes', () => {
  expect(none<UnknownInBodies>()).toBe(true);
});

test('the comparison sees what is renamed, is null or is gone', () => {
  type One = { id: string; deep: { list: { name: string | null }[] }; more?: number };
  // @ts-expect-error: the server calls it otherwise
  none<Misfits<{ one: Omit<One, 'id'> & { ident: string } }, { one: One }>>();
  // @ts-expect-error: it may be null
  none<Misfits<{ one: One }, { one: { deep: { list: { name: string }[] } } }>>();
  // @ts-expect-error: an optional field that the server has not
  none<Misfits<{ one: Omit<One, 'more'> }, { one: One }>>();
  // @ts-expect-error: the same, deep inside
  none<Misfits<{ one: One }, { one: { deep: { list: { name: string | null; nick?: string }[] } } }>>();
  expect(none<Misfits<{ one: One & { extra: 1 } }, { one: One }>>()).toBe(true);
});

test('the classes of a failure are those that the server knows', () => {
  for (const each of ERROR_CLASSES) expect(new TaskFailure('x', { class: each }).class).toBe(each);
  const unknown = () => new TaskFailure('x', { class: 'unheard-of' as never });
  expect(unknown).toThrow(`use one of ${ERROR_CLASSES.join(', ')}.`);
});
