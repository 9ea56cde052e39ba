// @ts-check
import { bar, clean, prettyJson } from './output.mjs';
import { EXIT } from './usage.mjs';

/**
 * @import { Client, Run, RunEvent } from '../sdk/typescript/index.mjs'
 * @import { Output } from './output.mjs'
 * @typedef {{ name: string, word: string, progress: number, note: string }} Row
 */

/** The last word of an event's type is what has become of the task. @param {Row} row @param {RunEvent} event */
function advance(row, { type, progress, note, error, agent }) {
  row.word = type.slice(type.indexOf('.') + 1);
  if (progress !== undefined) row.progress = progress;
  if (row.word === 'succeeded' || row.word === 'reused') row.progress = 1;
  row.note = note ?? error?.message ?? (agent === undefined ? '' : `by ${agent}`);
}

/** @param {Row[]} rows */
function draw(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length), 0);
  return rows.map(
    ({ name, word, progress, note }) =>
      `${name.padEnd(width)}  ${bar(progress)} ${String(Math.floor(progress * 100)).padStart(3)} %  ${word}  ${clean(note)}`,
  );
}

/**
 * Shows a run as it goes on, and says by its exit code how it ended.
 * @param {{ client: Client, out: Output, run: Run }} options
 */
export async function watchRun({ client, out, run }) {
  const rows = run.stages.map(({ name, state }) => ({
    name: clean(name),
    word: state,
    progress: 0,
    note: '',
  }));
  if (!out.isJson) out.line(run.id);
  const leave = () => {
    process.stderr.write(`\nThe run goes on without you. To end it: signalbox cancel ${run.id}\n`);
    process.exit(130);
  };
  process.once('SIGINT', leave);
  if (out.isLive) out.redraw(draw(rows));
  for await (const event of client.runs.follow(run.id)) {
    const row = event.task === undefined ? undefined : rows[event.task];
    if (row) advance(row, event);
    if (out.isJson) out.json(event);
    else if (out.isLive) out.redraw(draw(rows));
    else
      out.line(
        `${event.at}  ${row ? `${row.name}: ` : ''}${event.type}  ${clean(row?.note ?? '')}`.trimEnd(),
      );
  }
  process.off('SIGINT', leave);
  return report(out, await client.runs.get(run.id));
}

/** @param {Output} out @param {Run} run */
function report(out, run) {
  if (out.isJson) out.json(run);
  else {
    out.line(`The run has ${run.status === 'succeeded' ? 'succeeded' : `ended: ${run.status}`}.`);
    if (run.error) out.line(clean(`${run.error.code}: ${run.error.message}`));
    const last = run.stages.at(-1);
    if (run.status === 'succeeded' && last) out.line(prettyJson(last.output));
    else out.line(`Once it is mended: signalbox replay ${run.id} --from STAGE`);
  }
  return run.status === 'succeeded' ? EXIT.ok : EXIT.failed;
}
