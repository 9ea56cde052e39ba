import type { ReactNode } from 'react';

/**
 * Where a cell stands on a phone, on which a row is a card: first and large, beside that, or below with its title: there
 * in a line with others, or `whole` on lines of its own, however long it is. Left out, the first column leads, one without a title stands beside it, and all others are below.
 */
export type CardPlace = 'lead' | 'side' | 'below' | 'whole';

export interface CardColumn<Row> {
  key: string;
  title: string;
  /** Left out on a phone. */
  wideOnly?: boolean;
  onPhone?: CardPlace;
  cell(row: Row): ReactNode;
}

interface RowCardProps<Row> {
  row: Row;
  columns: readonly CardColumn<Row>[];
  /** In a grid. */
  cellRole?: 'gridcell';
}

/** A row as it stands where there is no room for columns: all that matters of it within the width of a phone. */
export function RowCard<Row>({ row, columns, cellRole }: RowCardProps<Row>) {
  const shown = columns.filter(({ wideOnly }) => !wideOnly);
  const lead = shown.find(({ onPhone }) => onPhone === 'lead') ?? shown[0];
  const others = shown.filter((column) => column !== lead);
  const side = others.filter((column) => placeOf(column) === 'side');
  const below = others.filter((column) => placeOf(column) === 'below');
  const whole = others.filter((column) => placeOf(column) === 'whole');
  const role = cellRole && 'presentation';
  return (
    <div role={role} className="flex min-w-0 grow flex-col gap-1">
      <div role={role} className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
        <div role={cellRole} className="min-w-0 grow basis-48 text-base wrap-anywhere">
          {lead?.cell(row)}
        </div>
        {side.map(({ key, cell }) => (
          <div key={key} role={cellRole} className="flex max-w-full flex-wrap items-center gap-1 text-sm">
            {cell(row)}
          </div>
        ))}
      </div>
      <div role={role} className="flex flex-wrap gap-x-4 gap-y-1 text-sm empty:hidden">
        {below.map((column) => (
          <Below key={column.key} title={column.title} content={column.cell(row)} cellRole={cellRole} />
        ))}
      </div>
      {whole.map((column) => (
        <Whole key={column.key} title={column.title} content={column.cell(row)} cellRole={cellRole} />
      ))}
    </div>
  );
}

const placeOf = ({ onPhone, title }: Pick<CardColumn<never>, 'onPhone' | 'title'>): CardPlace =>
  onPhone ?? (title === '' ? 'side' : 'below');

/** In a table an empty cell keeps the others in their columns; here it would be a title without a thing. */
const NOTHING: readonly unknown[] = [null, undefined, false, '', '–'];

interface CellProps {
  title: string;
  content: ReactNode;
  cellRole: 'gridcell' | undefined;
}

function Below({ title, content, cellRole }: CellProps) {
  if (NOTHING.includes(content)) return null;
  return (
    <div role={cellRole} className="flex min-h-5 min-w-0 max-w-full items-center gap-1.5">
      {title === '' ? null : <span className="shrink-0 text-xs text-quiet">{title}</span>}
      <div className="min-w-0 truncate tabular-nums">{content}</div>
    </div>
  );
}

function Whole({ title, content, cellRole }: CellProps) {
  if (NOTHING.includes(content)) return null;
  return (
    <div role={cellRole} className="text-sm wrap-anywhere">
      <span className="text-xs text-quiet">{title}</span> {content}
    </div>
  );
}
