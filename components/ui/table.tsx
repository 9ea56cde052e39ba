'use client';

import { type CardColumn, RowCard } from './row-card.tsx';
import { NARROW, useMedia } from './use-media.ts';

export interface TableColumn<Row> extends CardColumn<Row> {
  align?: 'start' | 'end';
  /** Takes what the others leave and is cut there, so that none of them is. */
  takesRest?: boolean;
}

interface TableProps<Row> {
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
}

/** A dense list of things, each a row, and a card on a phone. Wide content scrolls inside; the page never does sideways. */
export function Table<Row>(props: TableProps<Row>) {
  return useMedia(NARROW) ? <Cards {...props} /> : <Rows {...props} />;
}

function Cards<Row>({ label, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <ul aria-label={label}>
      {rows.map((row) => (
        <li key={keyOf(row)} className="flex border-b border-line px-4 py-2.5 last:border-b-0">
          <RowCard row={row} columns={columns} />
        </li>
      ))}
    </ul>
  );
}

function Rows<Row>({ label, columns, rows, keyOf }: TableProps<Row>) {
  const placeOf = ({ align, title }: TableColumn<Row>) =>
    `${align === 'end' ? 'text-right tabular-nums' : 'text-left'} ${title === '' ? ACTIONS : ''}`;
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
            <tr key={keyOf(row)} className="group border-b border-line last:border-b-0 hover:bg-hover">
              {columns.map((column) => (
                <td
                  key={column.key}
                  className={`h-10 truncate px-4 ${column.takesRest ? REST : 'max-w-96'} ${placeOf(column)}`}
                >
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

/** A cell is as narrow as that before the table scrolls. */
const REST = 'w-full max-w-0 min-w-48';

/** What can be done with a row stays in sight however wide the rest is. */
const ACTIONS = 'sticky right-0 bg-card group-hover:bg-hover';

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
