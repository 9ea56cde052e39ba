import {
  infiniteQueryOptions,
  queryOptions,
  type UseMutationResult,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { type Answer, type ApiError, act, ask, type Input, type Path } from './client.ts';

declare module '@tanstack/react-query' {
  interface Register {
    defaultError: ApiError;
  }
}

/** A key begins with noun and verb, so that all of a noun is made stale by `['runs']`. */
const keyOf = (path: Path, kind: 'one' | 'pages', input: unknown) => [...path.split('.'), kind, input];

/** For `useQuery`: the answer to one question. */
export function query<P extends Path>(path: P, input: Input<P>) {
  return queryOptions({
    queryKey: keyOf(path, 'one', input),
    queryFn: ({ signal }): Promise<Answer<P>> => ask(path, input, { signal }),
  });
}

/** Operations that answer page by page. */
export type PagedPath = {
  [P in Path]: Answer<P> extends { next_cursor: string | null } ? P : never;
}[Path];

/** For `useInfiniteQuery`: a list as far as it has been read. */
export function pages<P extends PagedPath>(path: P, input: Omit<Input<P>, 'cursor'>) {
  return infiniteQueryOptions({
    queryKey: keyOf(path, 'pages', input),
    queryFn: ({ signal, pageParam }): Promise<Answer<P>> =>
      ask(path, { ...input, ...(pageParam === null ? {} : { cursor: pageParam }) } as Input<P>, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Answer<P>) => (page as { next_cursor: string | null }).next_cursor,
  });
}

export interface ActionOptions<P extends Path> {
  /** What is asked anew after it: keys, or the beginnings of them. */
  refresh?: readonly (readonly string[])[];
  onDone?(answer: Answer<P>, input: Input<P>): void;
  onFailure?(error: ApiError): void;
}

/** Something to be done, with how far it is. */
export function useAction<P extends Path>(
  path: P,
  { refresh = [[path.split('.')[0] as string]], onDone, onFailure }: ActionOptions<P> = {},
): UseMutationResult<Answer<P>, ApiError, Input<P>> {
  const queries = useQueryClient();
  return useMutation<Answer<P>, ApiError, Input<P>>({
    mutationFn: (input) => act(path, input),
    onSuccess: (answer, input) => {
      for (const queryKey of refresh) void queries.invalidateQueries({ queryKey });
      onDone?.(answer, input);
    },
    ...(onFailure ? { onError: onFailure } : {}),
  });
}
