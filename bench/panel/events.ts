import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../statistics.ts';
import type { Measurement, PanelContext } from './plan.ts';
import { repeat, visit } from './visit.ts';
import { makeRow, publish, start, untilOver, type World } from './world.ts';

/** As many as are in sight: the rows below are not drawn. */
const EVENT_STAGES = 24;
const EVENT_EVERY_MS = 300;

/** From the moment that the engine gave an event, which is before its commit, until it was painted. */
export async function measureEvents(context: PanelContext): Promise<Measurement[]> {
  const { world } = context;
  const stages = Array.from({ length: EVENT_STAGES }, (_, at) => ({
    ...{ key: `s${at}`, type: 'sleep', config: { ms: EVENT_EVERY_MS } },
  }));
  const pipelineId = await publish(world, makeRow(`Events, ${context.profile}`, stages));
  const perLap = await repeat(context.repeats, async () => {
    const runId = await start(world, pipelineId);
    // It goes on when somebody looks.
    await world.api(`/runs/${runId}/pause`, {});
    const sight = { path: `/runs/${runId}`, selector: '[data-testid="status-s0"]' };
    return visit(context, sight, async ({ page }) => {
      await page.evaluate(noteStatuses);
      const beganAt = Date.now();
      await world.api(`/runs/${runId}/resume`, {});
      await untilOver(world, runId);
      await delay(2000);
      const seen = await page.evaluate(() => window.panelStatuses);
      return delaysOf(world, { runId, beganAt, seen });
    });
  });
  const p95 = perLap.map((delays) => percentile(delays, 0.95));
  const p50 = perLap.map((delays) => percentile(delays, 0.5));
  return [
    { metric: 'event until painted, p50', unit: 'ms', values: p50 },
    { metric: 'event until painted, p95', unit: 'ms', budget: 250, values: p95 },
  ];
}

declare global {
  interface Window {
    /** Stage and word, and when it was first painted. */
    panelStatuses: Record<string, number>;
  }
}

/** Runs in the page. */
function noteStatuses(): void {
  window.panelStatuses = {};
  const look = () => {
    const drawn = [...document.querySelectorAll('[data-testid^="status-"]')].map(
      (cell) => `${cell.getAttribute('data-testid')} ${cell.textContent}`,
    );
    requestAnimationFrame(() => {
      for (const key of drawn) window.panelStatuses[key] ??= Date.now();
    });
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}

async function delaysOf(
  { api }: World,
  { runId, beganAt, seen }: { runId: string; beganAt: number; seen: Record<string, number> },
): Promise<number[]> {
  const { events } = await api(`/runs/${runId}/events?limit=1000`);
  const ends = (events as { at: string; event: { type: string; task?: number } }[]).filter(
    ({ at, event }) => event.type === 'task.succeeded' && Date.parse(at) > beganAt,
  );
  const delays = ends.map(({ at, event }) => {
    const paintedAt = seen[`status-s${event.task} Succeeded`];
    return paintedAt === undefined ? Number.POSITIVE_INFINITY : paintedAt - Date.parse(at);
  });
  const unseen = delays.filter((ms) => !Number.isFinite(ms)).length;
  if (unseen > 0 || ends.length < EVENT_STAGES / 2)
    throw new Error(`Of ${ends.length} events ${unseen} were never painted.`);
  return delays;
}
