/** `npm run bench:panel`: the real program and a real browser, held to what the panel promises. */
import { appendFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { openBrowser } from '../../e2e/stack/browser.ts';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { describeMachine, probeMachine } from '../machine.ts';
import { PANEL_BENCHES, type PanelBench, type PanelBenchName } from './benches.ts';
import { HELP, type PanelOptions, readPanelOptions } from './options.ts';
import { type PanelResult, renderPanel, toPanelLine } from './report.ts';
import { makeWorld } from './world.ts';

async function main(options: PanelOptions): Promise<void> {
  if (options.help) return console.log(HELP);
  await ensureBuilt();
  const browser = await openBrowser();
  try {
    const world = await makeWorld(browser, options.keep);
    try {
      const setting = `${describeMachine()}; Chromium ${browser.version()}; Node ${process.versions.node}`;
      console.log(setting);
      await runAll(options, { browser, world, setting });
    } finally {
      await world.close();
    }
  } finally {
    await browser.close();
  }
}

interface Bench {
  browser: Awaited<ReturnType<typeof openBrowser>>;
  world: Awaited<ReturnType<typeof makeWorld>>;
  setting: string;
}

async function runAll(options: PanelOptions, { browser, world, setting }: Bench): Promise<void> {
  const { json, only, profiles, repeats, logSeconds, runs } = options;
  if (json !== undefined) await writeFile(json, '');
  const results: PanelResult[] = [];
  const measure = async (name: PanelBenchName) => {
    const bench: PanelBench = PANEL_BENCHES[name];
    for (const profile of bench.isOnce ? profiles.slice(0, 1) : profiles) {
      const { busyCores, spinMs } = await probeMachine(world.dataDir);
      console.log(
        `${name}, ${profile} … (others use ${busyCores.toFixed(1)} cores; fixed work ${Math.round(spinMs)} ms)`,
      );
      const found = await bench.measure({ browser, world, profile, repeats, logSeconds, runs });
      for (const measurement of found) {
        const result = { ...measurement, bench: name, profile };
        results.push(result);
        if (json !== undefined) appendFileSync(json, `${toPanelLine(result, setting)}\n`);
      }
    }
  };
  for (const name of only)
    await measure(name).catch((error: Error) => {
      // The others are worth having all the same.
      console.error(`✖ ${name}: ${error.message}`);
      process.exitCode = 1;
    });
  console.log(`\n${renderPanel(results)}`);
}

try {
  await main(readPanelOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
