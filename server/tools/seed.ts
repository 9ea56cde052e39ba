import { parseArgs } from 'node:util';
import { connectDatabase } from '#db/client.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { readEnv } from '#server/platform/env.ts';
import { explain } from './database.ts';
import { createCaller } from './seed/caller.ts';
import { openInstallation } from './seed/installation.ts';
import { createMaker, type Maker } from './seed/maker.ts';
import { removeSamples } from './seed/remove.ts';
import { makeBroken } from './seed/scenarios/broken.ts';
import { makeBusy } from './seed/scenarios/busy.ts';
import { makeDemo } from './seed/scenarios/demo.ts';
import { type MillionOptions, makeMillion } from './seed/scenarios/million.ts';

const USAGE = `npm run seed -- <scenario>

  demo      five pipelines and three dozen runs, each really run by the built-in agents
  busy      79 runs under way: at work, in line, waiting for a retry, for an agent, for a person
  broken    failing runs in several groups, dead letters, agents that are gone or kept away, changed MCP tools
  million   demo, and 1,000,000 copies of its runs over four weeks; --runs N for fewer
  empty     takes away all that scenarios have made, and nothing else

Works on the data folder and database of this installation, whether it runs or not. Everything that it makes has the tag
sample-data and says in its description who made it.`;

const SCENARIOS: Record<string, (maker: Maker, options: MillionOptions) => Promise<void>> = {
  demo: makeDemo,
  busy: makeBusy,
  broken: makeBroken,
  million: makeMillion,
};

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    ...{ args, allowPositionals: true },
    options: { runs: { type: 'string', default: '1000000' }, help: { type: 'boolean', default: false } },
  });
  const [scenario = ''] = positionals;
  const make = SCENARIOS[scenario];
  const count = Number(values.runs);
  if (!Number.isInteger(count) || count < 1)
    throw new SignalboxError('INVALID', `--runs needs a whole number above 0, and not ${values.runs}.`);
  if (values.help || (make === undefined && scenario !== 'empty')) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const env = readEnv(process.env, process.cwd());
  const installation = await openInstallation(env);
  const sql = connectDatabase({ url: installation.databaseUrl, applicationName: 'signalbox-seed', max: 1 });
  try {
    const call = createCaller(installation);
    if (make) {
      const maker = createMaker({ scenario, call, sql, say: console.log });
      await make(maker, { sql, url: installation.databaseUrl, count, dataDir: env.dataDir });
      console.log(`${scenario} is there. To take it away: npm run seed -- empty`);
    } else {
      const { pipelines, runs, agents } = await removeSamples(sql, call, console.log);
      console.log(
        `Taken away: ${pipelines} pipelines, ${runs.toLocaleString('en-US')} runs, ${agents} agents.`,
      );
    }
    return 0;
  } finally {
    await sql.end({ timeout: 2 });
    await installation.close();
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(`✖ ${explain(error)}`);
  return 2;
});
