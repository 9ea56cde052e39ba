import type { Route } from '../http/router.ts';
import { agentRoutes, queueRoutes } from './agents.ts';
import { grantRoutes, memberRoutes } from './members.ts';
import { pipelineRoutes } from './pipelines.ts';
import { runRoutes } from './runs.ts';
import { sessionRoutes } from './sessions.ts';
import { taskRoutes } from './tasks.ts';

/** The table of contents of `/api/v1`. */
export const restRoutes: readonly Route[] = [
  ...pipelineRoutes,
  ...runRoutes,
  ...taskRoutes,
  ...agentRoutes,
  ...queueRoutes,
  ...sessionRoutes,
  ...memberRoutes,
  ...grantRoutes,
];
