import { ensureBuilt } from '../scripts/lib/build.mjs';

/** Once for all: servers that start side by side must not build side by side. */
export default ensureBuilt;
