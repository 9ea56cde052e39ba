'use client';

import { type Answer, useAction } from '../data/index.ts';
import { useMay } from '../shell/use-may.ts';
import { Notice } from '../ui/feedback.tsx';
import { Link } from '../ui/link.tsx';
import { Card } from '../ui/surface.tsx';
import { Ago, Until } from '../ui/text.tsx';
import { useToast } from '../ui/toast.tsx';
import { isShownInForm, QuestionForm } from './question-form.tsx';
import { words } from './words.ts';

type Question = Answer<'mcpQuestions.list'>['questions'][number];

/** One that a stage waits with; its form goes when somebody has answered it. */
export function AskedQuestion({ question, isOnRun }: { question: Question; isOnRun: boolean }) {
  const canDecide = useMay()('mcp.decide');
  const toast = useToast();
  const { mutate, error, isPending } = useAction('mcpQuestions.answer', {
    refresh: [['mcpQuestions'], ['runs']],
    onDone: () => toast({ title: words.question.answered }),
  });
  const { sender, tool, parts } = question;
  return (
    <Card title={<span className="break-words">{words.question.title(sender, tool)}</span>}>
      <p className="mb-3 text-sm text-quiet">
        <Ago at={question.created_at} />
        {' · '}
        {words.question.until} <Until at={question.expires_at} />
        {isOnRun ? null : (
          <>
            {' · '}
            <Link href={`/runs/${question.run_id}`} className="text-accent hover:underline">
              {words.itsRun}
            </Link>
          </>
        )}
      </p>
      {error && !isShownInForm(error.issues) ? (
        <Notice message={error.message} advice={error.advice} />
      ) : null}
      {parts === null ? (
        <p className="text-sm text-quiet">{words.question.hidden}</p>
      ) : canDecide ? (
        <QuestionForm
          label={words.question.title(sender, tool)}
          parts={parts}
          problems={error?.issues ?? []}
          isBusy={isPending}
          onAnswer={(answers) => mutate({ id: question.id, answers })}
        />
      ) : (
        <p className="text-sm text-quiet">{words.question.notYours}</p>
      )}
    </Card>
  );
}
