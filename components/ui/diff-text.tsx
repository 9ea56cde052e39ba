import { type DiffRow, sideBySide } from './side-by-side.ts';

const GROUND = { same: '', gone: 'bg-bad-soft', come: 'bg-good-soft', head: 'bg-sunken text-quiet' } as const;
/** Never by colour alone. */
const SIGN = { same: ' ', gone: '−', come: '+', head: ' ' } as const;

/** What was and what is, line beside line. The text is somebody else's: it is drawn as it is, never as markup. */
export function DiffText({ label, diff }: { label: string; diff: string }) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
      tabIndex={0}
      className="max-h-96 overflow-auto rounded-md border border-line font-mono text-xs leading-5"
    >
      <div className="grid grid-cols-2">
        {sideBySide(diff).map((row, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows of one text never move
          <Row key={at} row={row} />
        ))}
      </div>
    </section>
  );
}

function Row({ row }: { row: DiffRow }) {
  return (
    <>
      <Side side={row.left} edge="border-r border-line" />
      <Side side={row.right} edge="" />
    </>
  );
}

function Side({ side, edge }: { side: DiffRow['left']; edge: string }) {
  return (
    <pre
      className={`min-w-0 whitespace-pre-wrap break-words px-2 ${edge} ${side ? GROUND[side.kind] : 'bg-sunken'}`}
    >
      {side ? `${SIGN[side.kind]} ${side.text}` : ' '}
    </pre>
  );
}
