import Elk from 'elkjs/lib/elk-api.js';
import type { EditorDocument, Point } from '../../model/document.ts';
import { STAGE_SIZE } from '../../model/layers.ts';
import { refusals } from '../../model/words.ts';

/** ELK needs long for wide graphs; a person who waits has given up by then. */
const TIMEOUT_MS = 20_000;

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.spacing.nodeNode': '32',
  'elk.layered.spacing.nodeNodeBetweenLayers': '60',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
};

/** Network simplex looks best and is slow on many nodes. */
const MANY_STAGES = 400;

/**
 * Places for all stages by ELK, in a thread of its own: layers from left to right with few crossings. The thread is
 * started for one layout and ended after it, so it holds no memory in between and a long one can be given up.
 */
export async function layOut(document: EditorDocument): Promise<ReadonlyMap<string, Point>> {
  const elk = new Elk({
    workerFactory: () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
  });
  try {
    const laidOut = await Promise.race([elk.layout(graphOf(document)), giveUp()]);
    return new Map((laidOut.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
  } finally {
    elk.terminateWorker();
  }
}

function giveUp(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(refusals.slowLayout)), TIMEOUT_MS);
  });
}

function graphOf({ stages, dependencies }: EditorDocument) {
  const known = new Set(stages.map(({ key }) => key));
  const strategy = stages.length > MANY_STAGES ? 'BRANDES_KOEPF' : 'NETWORK_SIMPLEX';
  return {
    id: 'root',
    layoutOptions: { ...OPTIONS, 'elk.layered.nodePlacement.strategy': strategy },
    children: stages.map(({ key }) => ({ id: key, ...STAGE_SIZE })),
    edges: dependencies
      .filter(({ from, to }) => known.has(from) && known.has(to))
      .map(({ from, to }, at) => ({ id: `wire-${at}`, sources: [from], targets: [to] })),
  };
}
