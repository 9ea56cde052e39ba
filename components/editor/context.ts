import { createContext, use } from 'react';
import type { Json } from '../../server/domain/json.ts';
import type { RunStatus, TaskStatus } from '../../server/domain/statuses.ts';
import type { Picture } from './canvas/to-flow.ts';
import type { Capability } from './model/capabilities.ts';
import type { KnownMcp } from './model/mcp/known-mcp.ts';
import type { EditorProblem } from './model/problems.ts';
import type { Samples } from './model/suggestions.ts';
import type { Autosave } from './session/autosave.ts';
import type { EditorStore } from './store/editor-store.ts';
import type { Observable } from './store/observable.ts';

/** How a stage does in the run that the canvas follows. */
export interface StageState {
  status: TaskStatus;
  attempt: number;
  startedAt: string | null;
  finishedAt: string | null;
  /** Why it failed or was skipped, for whoever looks closer. */
  note: string | null;
}

/** A few words at a stage, and whether they are good ones. */
export interface StageMark {
  text: string;
  tone: 'good' | 'warn' | 'bad';
}

/** The run that is drawn over the canvas. It has a store of its own, so that a tick redraws one node and no layout. */
export interface RunOverlay {
  runId: string;
  status: RunStatus;
  stages: ReadonlyMap<string, StageState>;
}

/** A wire under way: from where, and which stages would refuse it. */
export interface Connecting {
  from: string;
  side: 'source' | 'target';
  refused: ReadonlySet<string>;
}

/** What a dialog or popup is open about. One at a time. */
export type Asked =
  | { kind: 'add'; at: { x: number; y: number } | null; after?: string; before?: string; wire?: string }
  | { kind: 'connect'; from: string }
  | { kind: 'search' }
  | { kind: 'publish'; thenRun: boolean }
  | { kind: 'run'; from: string | null; isAlone?: boolean }
  | { kind: 'dry-run' }
  | { kind: 'versions' };

/** What the canvas can be told from outside it. */
export interface CanvasHandle {
  /** Brings it into view and gives it the focus. */
  show(id: string): void;
  /** Brings it into view if it is out of sight, and moves nothing else. */
  reveal(id: string): void;
  fit(): void;
  zoomTo(zoom: number): void;
  layOut(): Promise<void>;
  /** The middle of what is seen, in the canvas's own coordinates. */
  middle(): { x: number; y: number };
  toCanvas(screen: { x: number; y: number }): { x: number; y: number };
}

/** The few stores of one open editor. */
export interface Editor {
  pipelineId: string;
  store: EditorStore;
  problems: Observable<readonly EditorProblem[]>;
  /** Whether the problems are those of what is drawn: not while what judges has broken down. */
  isJudged: Observable<boolean>;
  /** The worst of each item: a thousand stages look theirs up, and do not search the list. */
  severities: Observable<ReadonlyMap<string, EditorProblem['severity']>>;
  capabilities: Observable<ReadonlyMap<string, Capability> | null>;
  /** Connected MCP servers with the tools that stages ask for; null: not known, or not for whoever looks. */
  mcp: Observable<KnownMcp | null>;
  samples: Observable<Samples>;
  overlay: Observable<RunOverlay | null>;
  connecting: Observable<Connecting | null>;
  asked: Observable<Asked | null>;
  canvas: Observable<CanvasHandle | null>;
  /** What was copied here last. */
  copied: Observable<string>;
  /** How stages differ from what is compared with them: another version, or another run. */
  marks: Observable<ReadonlyMap<string, StageMark> | null>;
  /** What the other has and the draft lacks, drawn beneath it where it stood. */
  gone: Observable<Picture | null>;
  autosave: Autosave;
  /** The newest published version, and whether the draft says something else. */
  published: Observable<Published>;
  /** The run that the canvas follows; it stands in the address. */
  follow(runId: string | null): void;
  /** Nobody may change it: an archived pipeline, or a person who may only look. */
  isReadOnly: boolean;
}

export interface Published {
  number: number | null;
  graph: Json | null;
  differs: boolean;
}

const EditorContext = createContext<Editor | null>(null);

export const EditorProvider = EditorContext;

export function useEditor(): Editor {
  const editor = use(EditorContext);
  if (!editor) throw new Error('there is no editor around this component');
  return editor;
}
