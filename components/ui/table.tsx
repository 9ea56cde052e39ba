import type { ReactNode } from 'react';

export interface TableColumn<Row> {
  key: string;
  title: string;
  align?: 'start' | 'end';
  /** Left out on narrow screens. */
  wideOnly?: boolean;
  cell(row: Row): ReactNode;
}

/** A dense list of things, each a row. Wide content scrolls inside; the page never does sideways. */
export function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
}: {
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
}) {
  const placeOf = ({ align, wideOnly }: TableColumn<Row>) =>
    `${align === 'end' ? 'text-right tabular-nums' : 'text-left'} ${wideOnly ? 'hidden md:table-cell' : ''}`;
  return (
    // Positioned, so that words for the ear alone scroll with the rest instead of widening the page.
    <div ref={keepReachable} className="relative overflow-x-auto">
      <table aria-label={label} className="w-full border-collapse text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-quiet">
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={`h-8 whitespace-nowrap px-4 font-medium ${placeOf(column)}`}
              >
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="border-b border-line last:border-b-0 hover:bg-hover">
              {columns.map((column) => (
                <td key={column.key} className={`h-10 max-w-96 truncate px-4 ${placeOf(column)}`}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What scrolls must be reachable by keyboard; what does not is no stop on the way. */
function keepReachable(scroller: HTMLElement | null) {
  if (scroller === null) return undefined;
  const observer = new ResizeObserver(() => {
    if (scroller.scrollWidth > scroller.clientWidth) scroller.tabIndex = 0;
    else scroller.removeAttribute('tabindex');
  });
  observer.observe(scroller);
  for (const table of scroller.children) observer.observe(table);
  return () => observer.disconnect();
}
