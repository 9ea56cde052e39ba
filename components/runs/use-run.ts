'use client';

import { useEffect, useState } from 'react';
import { isRunOver } from '../../server/domain/statuses.ts';
import { ApiError, type ApiRun, api } from '../data/api.ts';

export interface LiveRun {
  run: ApiRun | undefined;
  error: ApiError | undefined;
  /** False while the line to the server is cut; the browser keeps trying. */
  isLive: boolean;
}

const REFRESH_MS = 150;

/**
 * A run and its changes. Events only say that there is something new; what is shown is always a whole answer, so a
 * missed event costs nothing. Answers that were overtaken by a later one are dropped by their sequence number.
 */
export function useRun(id: string): LiveRun {
  const [live, setLive] = useState<LiveRun>({ run: undefined, error: undefined, isLive: true });

  useEffect(() => {
    let closed = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let source: EventSource | undefined;

    const load = async (): Promise<ApiRun | undefined> => {
      try {
        const run = await api.getRun(id);
        if (closed) return undefined;
        setLive((before) =>
          before.run && before.run.seq > run.seq ? before : { ...before, run, error: undefined },
        );
        return run;
      } catch (error) {
        if (!closed && error instanceof ApiError) setLive((before) => ({ ...before, error }));
        return undefined;
      }
    };

    const refresh = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void load();
      }, REFRESH_MS);
    };

    void load().then((run) => {
      if (closed || !run || isRunOver(run.status)) return;
      source = new EventSource(api.eventsUrl(id, run.seq));
      source.onmessage = refresh;
      source.onopen = () => setLive((before) => ({ ...before, isLive: true }));
      source.onerror = () => setLive((before) => ({ ...before, isLive: false }));
      source.addEventListener('end', () => {
        source?.close();
        refresh();
      });
    });

    return () => {
      closed = true;
      clearTimeout(timer);
      source?.close();
    };
  }, [id]);

  return live;
}
