import type { AgentNews, LiveTarget, RunNews } from '#server/domain/live.ts';
import type { Actor } from '#server/identity/actor.ts';

/** Where one connection's events go. Nothing here may wait or throw. */
export interface LiveSink {
  /** The same array goes to everybody who hears the same, so that it is written out once. */
  runs(news: readonly RunNews[]): void;
  agents(news: readonly AgentNews[]): void;
  /** All that was committed up to here has been told: resume from it after a cut. */
  resumePoint(token: string): void;
  /** Something may be missing from here on, with why; how things stand is told next. */
  resync(reason: string): void;
  /** Bytes that it has been given and that are not on their way. */
  backlogBytes(): number;
  /** It reads too slowly: end it with a word that says so. It can resume. */
  tooSlow(): void;
}

/** What one connection listens to. */
export interface LiveSession {
  /**
   * Resolves when it is checked and in effect; all or nothing. Events go to the sink in the order of their run, each
   * once, from where the target says.
   */
  subscribe(targets: readonly LiveTarget[]): Promise<void>;
  unsubscribe(targets: readonly LiveTarget[]): void;
  close(): void;
}

/** Live events of everything in this installation, one for each process with doors. */
export interface LiveFeed {
  open(actor: Actor, sink: LiveSink): LiveSession;
}
