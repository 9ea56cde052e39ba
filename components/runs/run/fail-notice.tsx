import { isTaskFailure } from '../../../server/domain/statuses.ts';
import { useMay } from '../../shell/use-may.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { Notice } from '../../ui/feedback.tsx';
import { runWords } from './run-words.ts';
import type { Run } from './use-run.ts';

/** How the run failed, where, and the ways on: the stage itself, and the others that failed so. */
export function FailNotice({ run, onOpen }: { run: Run; onOpen(stageKey: string): void }) {
  const { error, error_group: group } = run;
  const mayRead = useMay()('run.payload');
  if (!error) return null;
  const stage = run.stages.find(({ state }) => isTaskFailure(state));
  const where = stage ? runWords.failedIn(stage.name, error.code) : runWords.code(error.code);
  return (
    <Notice
      message={mayRead ? error.message : runWords.failedHidden(stage?.name, error.code)}
      advice={mayRead ? where : runWords.errorHidden}
      action={
        <span className="flex shrink-0 flex-wrap justify-end gap-2 print:hidden">
          {group === null ? null : (
            <LinkButton size="sm" href={`/runs?group=${group}`}>
              {runWords.sameFailures}
            </LinkButton>
          )}
          {stage ? (
            <Button size="sm" onClick={() => onOpen(stage.key)}>
              {runWords.openFailed}
            </Button>
          ) : null}
        </span>
      }
    />
  );
}
