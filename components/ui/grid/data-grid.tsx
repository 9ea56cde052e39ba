'use client';

import { NARROW, useMedia } from '../use-media.ts';
import { CardGrid } from './card-grid.tsx';
import type { DataGridProps } from './types.ts';
import { WideGrid } from './wide-grid.tsx';

/**
 * A long list of things in columns, and of cards on a phone. Only the rows in sight are drawn, so a hundred thousand
 * cost what thirty do. It is one stop of the tab key: inside, J and K or the arrows move, Enter opens, X ticks, Shift
 * ticks up to there.
 *
 * It is built of plain elements with roles, because a table element cannot be drawn in part: the lint rules that ask
 * for one are off in this folder.
 */
export function DataGrid<Row>(props: DataGridProps<Row>) {
  return useMedia(NARROW) ? <CardGrid {...props} /> : <WideGrid {...props} />;
}
