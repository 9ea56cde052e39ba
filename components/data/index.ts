export {
  type Answer,
  ApiError,
  act,
  ask,
  type Input,
  type Issue,
  meanOrg,
  type Path,
  readIssuers,
  rest,
} from './client.ts';
export { useFresh, useFreshBy, useFreshOnReturn, useLineState, useLive } from './live.tsx';
export { newKey } from './new-key.ts';
export { type OnceKeys, useOnceKeys } from './once.ts';
export { DataProvider } from './provider.tsx';
export { type ActionOptions, type PagedPath, pages, query, useAction } from './queries.ts';
export { serverClock } from './server-clock.ts';
