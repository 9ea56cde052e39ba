'use client';

import { ChevronDown, ChevronUp, CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useEditor } from '../context.ts';
import { kindOf, nameOf } from '../model/items.ts';
import { countProblems, type EditorProblem } from '../model/problems.ts';
import { counts } from '../model/words.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { goToFault } from './details.ts';

/** What is wrong, under the canvas; each line leads to where it is. */
export function ProblemsBar() {
  const { problems, store, isJudged } = useEditor();
  const list = useObserved(problems, (known) => known);
  const isKept = useObserved(isJudged, (known) => known);
  const isEmpty = useObserved(store, (state) => state.document.stages.length === 0);
  const [isOpen, setOpen] = useState(false);
  const { errors, warnings } = countProblems(list);
  const Chevron = isOpen ? ChevronDown : ChevronUp;
  return (
    <section aria-label={words.problems} className="shrink-0 border-t border-line bg-card">
      <button
        type="button"
        aria-expanded={isOpen}
        disabled={list.length === 0}
        onClick={() => setOpen(!isOpen)}
        className="flex h-9 w-full items-center gap-3 px-3 text-sm enabled:hover:bg-hover focus-visible:-outline-offset-2"
      >
        {isKept ? null : <NotJudged />}
        {list.length === 0 ? (
          isKept ? (
            <span className="flex items-center gap-1.5 text-quiet">
              <CircleCheck aria-hidden size={15} className={isEmpty ? '' : 'text-good'} />
              {isEmpty ? words.nothingToCheckYet : words.noProblems}
            </span>
          ) : null
        ) : (
          <>
            {errors === 0 ? null : (
              <span className="flex items-center gap-1.5 font-medium text-bad">
                <CircleAlert aria-hidden size={15} />
                {counts.errors(errors)}
              </span>
            )}
            {warnings === 0 ? null : (
              <span className="flex items-center gap-1.5 text-warn">
                <TriangleAlert aria-hidden size={15} />
                {counts.warnings(warnings)}
              </span>
            )}
            <Chevron aria-hidden size={15} className="ml-auto text-quiet" />
          </>
        )}
      </button>
      {isOpen && list.length > 0 ? (
        <ul aria-label={words.listOfProblems} className="max-h-52 overflow-y-auto border-t border-line py-1">
          {list.map((problem) => (
            <ProblemRow key={problem.id} problem={problem} />
          ))}
        </ul>
      ) : null}
    </section>
  );
}

/** What stands beside it may be of an older draft. */
function NotJudged() {
  return (
    <span role="status" title={words.notJudgedNote} className="flex items-center gap-1.5 text-warn">
      <TriangleAlert aria-hidden size={15} />
      {words.notJudged}
    </span>
  );
}

const isWire = (item: EditorProblem['item']) => item !== null && kindOf(item) === 'wire';

function ProblemRow({ problem }: { problem: EditorProblem }) {
  const { canvas, store } = useEditor();
  const { severity, message, advice, item, field, within } = problem;
  const [Icon, tone] = severity === 'error' ? [CircleAlert, 'text-bad'] : [TriangleAlert, 'text-warn'];
  const go = () => {
    if (item === null) store.select([]);
    else canvas.get()?.show(item);
    // After the canvas, which gives the focus to what it shows.
    if (field !== null || isWire(item)) requestAnimationFrame(() => goToFault(within));
  };
  return (
    <li>
      <button
        type="button"
        onClick={go}
        className="flex w-full items-baseline gap-2 px-3 py-1.5 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2"
      >
        <Icon
          aria-label={severity === 'error' ? words.error : words.warning}
          size={14}
          className={`shrink-0 translate-y-0.5 ${tone}`}
        />
        <span className="min-w-0">
          {message} <span className="text-quiet">{advice}</span>
        </span>
        <span className="ml-auto shrink-0 font-mono text-2xs text-quiet">
          {item === null ? words.pipelineItself : nameOf(item)}
        </span>
      </button>
    </li>
  );
}
