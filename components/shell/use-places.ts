import { PLACES, type Place } from './places.ts';
import { useIsFor } from './use-may.ts';

/** Where whoever is signed in can go. */
export function usePlaces(): readonly Place[] {
  const isFor = useIsFor();
  return PLACES.filter(({ needs }) => isFor(needs));
}
