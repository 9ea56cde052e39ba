import { act } from '../data/index.ts';

/** Goes over, and begins anew: nothing of the organisation before stays in memory, or in the address. */
export async function enterOrg(id: string, goTo = '/'): Promise<void> {
  await act('orgs.enter', { id });
  window.location.assign(goTo);
}
