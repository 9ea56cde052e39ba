import { Worker } from 'node:worker_threads';
import { SignalboxError } from '#server/domain/errors.ts';
import { MAX_JSON_BYTES, MAX_YAML_BYTES } from '#server/domain/graph/import.ts';
import { isJsonObject, type Json } from '#server/domain/json.ts';
import { type DocumentAnswer, type DocumentJob, workOn } from './work.ts';

/**
 * Reads and judges documents. Large ones take seconds, in which the engine and everybody's requests would stand still,
 * so they are worked on by another thread: one at a time, for so long, in so much memory.
 */
export interface DocumentDesk {
  /** TOO_LARGE past `MAX_YAML_BYTES` or `MAX_JSON_BYTES`, or when it takes too long. */
  read(text: string, format: 'json' | 'yaml'): Promise<DocumentAnswer<'read'>>;
  judge(document: Json): Promise<DocumentAnswer<'judge'>>;
  stop(): Promise<void>;
}

export interface DocumentDeskOptions {
  /** Texts of more characters go to the other thread. */
  smallText?: number;
  /** Documents with more stages and dependencies go there. */
  smallGraph?: number;
  limitMs?: number;
  /** Jobs that may wait for the thread. */
  maxWaiting?: number;
}

const IDLE_MS = 30_000;
const MEMORY_MB = 1024;

export function createDocumentDesk(options: DocumentDeskOptions = {}): DocumentDesk {
  const { smallText = 64 * 1024, smallGraph = 1000, limitMs = 60_000, maxWaiting = 8 } = options;
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | undefined;
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();

  function queue<Kind extends DocumentJob['kind']>(
    job: DocumentJob & { kind: Kind },
  ): Promise<DocumentAnswer<Kind>> {
    if (waiting >= maxWaiting) {
      throw new SignalboxError('UNAVAILABLE', 'Other large documents are being read just now.', {
        advice: 'Try again in some seconds.',
        details: { retryAfterSeconds: 10 },
      });
    }
    waiting += 1;
    const done = turn.then(() => runOnThread(job));
    turn = done
      .catch(() => undefined)
      .then(() => {
        waiting -= 1;
      });
    return done as Promise<DocumentAnswer<Kind>>;
  }

  function openThread(): Worker {
    clearTimeout(idle);
    worker ??= new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    worker.unref();
    return worker;
  }

  function closeThread(): Promise<unknown> {
    clearTimeout(idle);
    const ended = worker?.terminate();
    worker = null;
    return Promise.resolve(ended);
  }

  function runOnThread(job: DocumentJob): Promise<unknown> {
    const thread = openThread();
    return new Promise((resolve, reject) => {
      const settle = (tell: () => void): void => {
        clearTimeout(limit);
        thread.off('message', onAnswer).off('error', onError).off('exit', onExit);
        tell();
      };
      const giveUp = (why: string): void => {
        settle(() => reject(tooMuch(why)));
        void closeThread();
      };
      const onAnswer = (answer: unknown): void => {
        idle = setTimeout(() => void closeThread(), IDLE_MS);
        idle.unref();
        settle(() => resolve(answer));
      };
      // Out of memory ends the thread and not the process.
      const onError = (error: Error): void => giveUp(`could not be done: ${error.message}`);
      const onExit = (): void => giveUp('was ended');
      const limit = setTimeout(() => giveUp(`took longer than ${limitMs / 1000} s`), limitMs);
      thread.on('message', onAnswer).on('error', onError).on('exit', onExit);
      thread.postMessage(job);
    });
  }

  return {
    async read(text, format) {
      const maxBytes = format === 'json' ? MAX_JSON_BYTES : MAX_YAML_BYTES;
      if (text.length > maxBytes) throw tooLarge(format, maxBytes);
      const job = { kind: 'read', text, format } as const;
      return text.length <= smallText ? (workOn(job) as DocumentAnswer<'read'>) : queue(job);
    },
    async judge(document) {
      const job = { kind: 'judge', document } as const;
      return sizeOf(document) <= smallGraph ? (workOn(job) as DocumentAnswer<'judge'>) : queue(job);
    },
    async stop() {
      await closeThread();
    },
  };
}

function sizeOf(document: Json): number {
  if (!isJsonObject(document)) return 0;
  const { stages, dependencies } = document;
  const lengthOf = (list: Json | undefined): number => (Array.isArray(list) ? list.length : 0);
  return lengthOf(stages) + lengthOf(dependencies);
}

function tooLarge(format: 'json' | 'yaml', maxBytes: number): SignalboxError {
  return new SignalboxError('TOO_LARGE', `The text is larger than ${maxBytes / 1024 / 1024} MiB.`, {
    advice:
      format === 'json'
        ? 'Make several pipelines of it.'
        : `Send it as JSON, of which ${MAX_JSON_BYTES / 1024 / 1024} MiB are taken.`,
  });
}

function tooMuch(why: string): SignalboxError {
  return new SignalboxError('TOO_LARGE', `Reading the document ${why}.`, {
    advice: 'Make it smaller; a graph of thousands of stages travels faster as JSON.',
  });
}
