import { useStore } from '@xyflow/react';
import { createContext, use } from 'react';

/** How much of a stage can be made out: all of it, its name, or that it is there. */
export type Detail = 'all' | 'name' | 'shape';

/** Below it nobody can read more than a name or hit a handle. */
const SMALL_ZOOM = 0.45;
/** Below it nobody can read a name either: many stages are then drawn as plain boxes, and their wires as one line. */
const FAR_ZOOM = 0.25;

const DetailContext = createContext<Detail>('all');
export const DetailProvider = DetailContext;

/** Asked once for the whole canvas: a thousand stages that each watch the zoom are a thousand looks at every move. */
export const useDetailOfZoom = (isMany: boolean): Detail =>
  useStore(({ transform: [, , zoom] }) =>
    isMany && zoom < FAR_ZOOM ? 'shape' : zoom < SMALL_ZOOM ? 'name' : 'all',
  );

export const useDetail = (): Detail => use(DetailContext);
