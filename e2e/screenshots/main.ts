import { copyFile, mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { findFreePort } from '../../scripts/lib/net.mjs';
import { openBrowser } from '../stack/browser.ts';
import { startProgram } from '../stack/oauth-program.ts';
import { openApi } from '../stack/people.ts';
import { makeDataDir, startServer } from '../stack/running-server.ts';
import { LOOKS, type Look, shoot, signIn } from './look.ts';
import { findThings, isScenario, SCENARIOS, type Scenario, seed, untilReady } from './scenario.ts';
import { listScreens, listWaiting, type Screen } from './screens.ts';
import { makeWaiting, startTravelDesk } from './waiting.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'screenshots');

const USAGE = `npm run screenshots -- [options]

Pictures of every screen, as screenshots/<scenario>/<look>/<name>.png. Each scenario has a server and a data folder of
its own, which are gone afterwards.

  --scenario NAME   empty, busy or broken; more than once for several
  --look NAME       light, dark or phone; more than once for several
  --only TEXT       screens whose name has it in it; more than once for several
  --keep FOLDER     keeps the data folders there, and does not fill them again the next time
  --readme          copies those that the README shows to docs/images`;

/** What the README shows, by the file in docs/images. */
const README: Record<string, string> = {
  'run.png': 'busy/light/runs-one-timeline.png',
  'editor.png': 'busy/light/editor-stage.png',
  'runs.png': 'busy/light/runs.png',
};

interface Wanted {
  only: readonly string[];
  looks: readonly Look[];
  keep: string | undefined;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...{ scenario: { type: 'string', multiple: true }, look: { type: 'string', multiple: true } },
      ...{ only: { type: 'string', multiple: true, default: [] }, keep: { type: 'string' } },
      ...{ readme: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    },
  });
  const scenarios = values.scenario ?? Object.keys(SCENARIOS);
  const looks = values.look ?? Object.keys(LOOKS);
  if (values.help || !scenarios.every(isScenario) || !looks.every(isLook)) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  await ensureBuilt();
  let troubles = 0;
  for (const scenario of scenarios)
    troubles += await shootScenario(scenario, { only: values.only, looks, keep: values.keep });
  if (values.readme)
    for (const [name, from] of Object.entries(README))
      await copyFile(join(FOLDER, from), join(ROOT, 'docs/images', name));
  return troubles === 0 ? 0 : 1;
}

const isLook = (name: string): name is Look => Object.hasOwn(LOOKS, name);

/** Says how many screens could not be taken as they should. */
async function shootScenario(scenario: Scenario, { only, looks, keep }: Wanted): Promise<number> {
  const dataDir = keep === undefined ? await makeDataDir() : await keptDataDir(join(keep, scenario));
  // One that its lock can name: that is where the seeds find it.
  const settings = {
    SERVER_PORT: String(await findFreePort()),
    // Of the server that its runs wait for.
    SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8',
  };
  const server = await startServer(dataDir.path, { settings });
  const browser = await openBrowser();
  const program = await startProgram(server.origin);
  const upstream = await startTravelDesk();
  let troubles = 0;
  try {
    await untilReady(server);
    let things = await findThings(server, dataDir.path);
    if (things.runId === undefined) {
      for (const name of SCENARIOS[scenario]) await seed(name, dataDir.path);
      things = await findThings(server, dataDir.path);
    }
    const shooting = {
      ...{ browser, server, looks, folder: join(FOLDER, scenario) },
      storageState: await signIn(browser, server),
      onPicture: (file: string) => console.log(relative(ROOT, file)),
      onTrouble(screen: string, text: string) {
        troubles++;
        console.error(`✖ ${scenario} ${screen}: ${text}`);
      },
    };
    const wanted = (screens: readonly Screen[]) =>
      screens.filter(({ name }) => only.length === 0 || only.some((text) => name.includes(text)));
    await shoot(wanted(listScreens({ ...things, program })), shooting);
    // Last, so that lists are shown as the seeds have made them; and where nothing is, nothing waits.
    if (SCENARIOS[scenario].length > 0) {
      const api = await openApi(server, dataDir.path);
      const waiting = await makeWaiting({ server, dataDir: dataDir.path, api, upstream });
      await shoot(wanted(listWaiting(waiting)), shooting);
    }
  } finally {
    program.close();
    await browser.close();
    await server.stop();
    await upstream[Symbol.asyncDispose]();
    await dataDir.remove();
  }
  return troubles;
}

async function keptDataDir(path: string): ReturnType<typeof makeDataDir> {
  await mkdir(path, { recursive: true });
  return { path, remove: async () => undefined };
}

process.exitCode = await main(process.argv.slice(2));
