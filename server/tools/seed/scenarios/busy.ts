import type { Maker } from '../maker.ts';
import { untilRetrying } from '../until-ended.ts';
import { fails, graph, passes, row, times, waits } from './stages.ts';

const MINUTE_MS = 60_000;
const TIME_TO_RETRY_MS = 120_000;

/** Each way in which a run can be under way: at work, in line, waiting for a moment, for an agent or for a person. */
export async function makeBusy(maker: Maker): Promise<void> {
  const crawl = await maker.pipeline({
    name: 'Site crawl',
    description: 'Twelve stages beside each other that take from two minutes to an hour.',
    graph: graph(
      [
        passes('Plan'),
        ...times(12, (at) => waits(`Part ${at + 1}`, (2 + at * 5) * MINUTE_MS)),
        passes('Index'),
      ],
      times(12, (at) => [`plan > part-${at + 1}`, `part-${at + 1} > index`]).flat(),
    ),
  });
  await maker.runs(
    crawl,
    times(12, (at) => ({ site: `site-${at + 1}.example` })),
  );

  const translation = await maker.pipeline({
    name: 'Archive translation',
    description: 'Four at once are allowed over all runs; the others stand in line.',
    graph: row([
      passes('Read'),
      waits('Translate', 20 * MINUTE_MS, { concurrency: { key: 'sample-translator', limit: 4 } }),
      passes('Store'),
    ]),
  });
  await maker.runs(
    translation,
    times(40, (at) => ({ page: at + 1 })),
  );

  const retry = { maxAttempts: 10, backoff: 'fixed', initialSeconds: 1_800, maxSeconds: 1_800 } as const;
  const upload = await maker.pipeline({
    name: 'Partner upload',
    description: 'The partner is away: each stage tries again in half an hour.',
    graph: row([
      waits('Pack', 500),
      fails('Upload', {
        ...{ code: 'PARTNER_AWAY', errorClass: 'rate-limited', message: 'The partner answered 503.' },
        ...{ times: 4, retry },
      }),
      passes('Confirm'),
    ]),
  });
  const uploads = await maker.runs(
    upload,
    times(15, (at) => ({ parcel: 700 + at })),
  );

  await makeWaiting(maker);
  await untilRetrying(maker.call, uploads, TIME_TO_RETRY_MS);
  maker.say(
    '79 runs are under way. The longest ends in about an hour; what waits for an agent waits for ever.',
  );
}

/** For an agent that nobody has, and for a person. */
async function makeWaiting(maker: Maker): Promise<void> {
  const speech = await maker.pipeline({
    name: 'Speech to text',
    description: 'Its second stage asks for a capability that no agent offers, and waits for one.',
    graph: row([passes('Cut'), { key: 'transcribe', name: 'Transcribe', type: 'sample-transcription' }]),
  });
  await maker.runs(
    speech,
    times(9, (at) => ({ recording: at + 1 })),
  );

  const close = await maker.pipeline({
    name: 'Month-end closing',
    description: 'Paused by hand after its first stage.',
    graph: row([waits('Freeze books', 2_000), waits('Reconcile', 5 * MINUTE_MS), passes('Sign off')]),
  });
  for (const id of await maker.runs(
    close,
    times(3, (at) => ({ month: at + 1 })),
  ))
    await maker.call({ path: `/runs/${id}/pause`, method: 'POST', body: {} });
}
