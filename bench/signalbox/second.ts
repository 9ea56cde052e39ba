import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { ServiceUrls } from '../subject.ts';
import type { RunEnd, RunOrder } from './coordinator.ts';
import type { Answers, FromSecond, Question, ToSecond } from './second-messages.ts';

/** The second coordinator as the first process sees it. */
export interface Second {
  boot(urls: ServiceUrls): Promise<void>;
  startRuns(runs: RunOrder[]): void;
  ask<Q extends Question>(question: Q): Promise<Answers[Q]>;
  stop(): Promise<void>;
}

interface SecondOptions {
  onEnded(end: RunEnd): void;
  /** It is gone, or something that we told it failed. */
  onFailed(error: Error): void;
}

type Reply = Exclude<FromSecond, { type: 'ended' | 'failed' }>;

/** Starts the process at once: it loads its code while the first one makes the tables. */
export function spawnSecond({ onEnded, onFailed }: SecondOptions): Second {
  const child = fork(join(import.meta.dirname, 'second-process.ts'), [], { stdio: 'inherit' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];

  function fail(error: Error): void {
    for (const { reject } of waiting) reject(error);
    waiting = [];
    onFailed(error);
  }

  child.on('message', (message: FromSecond) => {
    if (message.type === 'ended') for (const end of message.ends) onEnded(end);
    else if (message.type === 'failed') fail(new Error(`The second coordinator: ${message.message}`));
    else waiting.shift()?.resolve(message);
  });
  child.once('exit', (code, signal) => {
    if (waiting.length > 0 || (code ?? 1) !== 0)
      fail(new Error(`The second coordinator ended by itself (${signal ?? `code ${code}`}).`));
  });

  /** It answers in the order in which it was asked. */
  function request(message: ToSecond): Promise<Reply> {
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.send(message);
    });
  }

  return {
    async boot(urls) {
      await request({ type: 'boot', urls });
    },
    startRuns: (runs) => void child.send({ type: 'start', runs } satisfies ToSecond),
    async ask<Q extends Question>(question: Q) {
      const reply = await request({ type: 'ask', question });
      if (reply.type !== 'answer' || reply.question !== question)
        throw new Error(`No answer to ${question}.`);
      return reply.answer as Answers[Q];
    },
    async stop() {
      await request({ type: 'stop' });
      await exited;
    },
  };
}
