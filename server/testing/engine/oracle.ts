import type { Draft } from '#server/domain/engine/evolve.ts';
import type { TaskState } from '#server/domain/engine/state.ts';
import type { Dependency } from '#server/domain/graph/schema.ts';
import type { Json } from '#server/domain/json.ts';

/**
 * The rules of readiness once more, from the document instead of the compiled graph and in the plainest words, so
 * that the engine's own are held against something that was not copied from them. Of expressions it knows just the
 * one form that the generators write; about any other it says `unknown`.
 */
export type OracleVerdict = 'run' | 'skip' | 'unknown';

interface View {
  draft: Draft;
  /** Where outputs are found: an event has none. */
  tasks: readonly (TaskState | undefined)[];
}

const OVER = new Set(['succeeded', 'failed', 'skipped', 'cancelled']);
const KNOWN_FORM = /^stages\.(\w+)\.output\.n > (\d+)$/;

export function judgeAsOracle(view: View, index: number): OracleVerdict {
  const { graph, failing } = view.draft;
  const stage = graph.graph.stages[index];
  const incoming = graph.graph.dependencies.filter(({ to }) => to === stage?.key);
  if (!incoming.every(({ from }) => OVER.has(taskNamed(view, from)?.status ?? 'pending'))) return 'skip';
  const words = incoming.map((dependency) => wordOf(view, dependency));
  if (words.includes('no')) return words.includes('unknown') ? 'unknown' : 'skip';
  if (words.includes('unknown')) return 'unknown';
  if (incoming.length > 0 && !words.includes('go')) return 'skip';
  const isHandler = incoming.some(({ when }, at) => when !== 'success' && words[at] === 'go');
  if (failing && !isHandler) return 'skip';
  if (stage?.condition === undefined) return 'run';
  const truth = truthOf(view, stage.condition);
  return truth === null ? 'unknown' : truth ? 'run' : 'skip';
}

function taskNamed({ draft }: View, key: string): TaskState | undefined {
  return draft.tasks[draft.graph.indexOf.get(key) ?? -1];
}

function wordOf(view: View, { from, when }: Dependency): 'go' | 'neutral' | 'no' | 'unknown' {
  const task = taskNamed(view, from);
  if (when === 'always') return 'go';
  if (task?.status === 'skipped') {
    const { skip } = task;
    return skip === 'condition-false' || skip === 'branch-not-taken' || skip === 'left-out'
      ? 'neutral'
      : 'no';
  }
  if (task?.status === 'cancelled') return 'no';
  if (typeof when === 'object') {
    // The one form reads the output of the stage that it comes from, and what failed has none.
    if (task?.status === 'failed' && KNOWN_FORM.test(when.expression)) return 'neutral';
    const truth = truthOf(view, when.expression);
    return truth === null ? 'unknown' : truth ? 'go' : 'neutral';
  }
  if (task?.status === 'succeeded') return when === 'success' ? 'go' : 'neutral';
  if (when === 'failure') return 'go';
  const stage = view.draft.graph.graph.stages.find(({ key }) => key === from);
  const goesOn = stage?.onFailure === 'continue' || (stage?.onFailure === undefined && !stage?.required);
  return goesOn ? 'go' : 'no';
}

function truthOf({ draft, tasks }: View, source: string): boolean | null {
  if (source === 'true' || source === 'false') return source === 'true';
  const [, key = '', bound] = KNOWN_FORM.exec(source) ?? [];
  const output: Json | undefined = tasks[draft.graph.indexOf.get(key) ?? -1]?.output;
  if (bound === undefined || typeof output !== 'object' || output === null || Array.isArray(output))
    return null;
  return typeof output.n === 'number' ? output.n > Number(bound) : null;
}
