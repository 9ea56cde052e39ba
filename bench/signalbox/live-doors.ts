/** The doors for live events in a process of their own, as a `web` process has them. */
import { createRedisHotState } from '#server/redis/redis.ts';
import { openLiveWeb } from '#server/testing/live-web.ts';

const { databaseUrl, redisUrl } = JSON.parse(process.argv[2] ?? '{}');
process.on('disconnect', () => process.exit());
const hot = createRedisHotState({ url: redisUrl, onHandlerError: console.error });
await hot.start();
const { origin } = await openLiveWeb({ databaseUrl, hot, onTrouble: console.error });
process.send?.(origin);
