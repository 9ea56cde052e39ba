import { createContext, use } from 'react';

/** How much of a stage can be made out: all of it, its name, or that it is there. */
export type Detail = 'all' | 'name' | 'shape';

/** From here on what is out of sight is not drawn, nor what is too small to be made out: with fewer, drawing it again costs more than leaving it. */
const MANY_NODES = 300;
/** Below it nobody can read more than a name or hit a handle. */
const SMALL_ZOOM = 0.45;
/** Below it nobody can read a name either: many stages are then drawn as plain boxes, and their wires as one line. */
const FAR_ZOOM = 0.25;
/** From here on there is room for what a wire says. */
const LABEL_ZOOM = 0.5;

const DetailContext = createContext<Detail>('all');
export const DetailProvider = DetailContext;

export const isMany = (nodes: readonly unknown[]): boolean => nodes.length > MANY_NODES;
export const hasLabels = (zoom: number): boolean => zoom >= LABEL_ZOOM;

export function detailOf(zoom: number, nodes: readonly unknown[]): Detail {
  if (isMany(nodes) && zoom < FAR_ZOOM) return 'shape';
  return zoom < SMALL_ZOOM ? 'name' : 'all';
}

export const useDetail = (): Detail => use(DetailContext);
