/** The one language that the panel speaks. */
export const LANGUAGE = 'en';

/** How numbers and moments are written in it. */
export const LOCALE = `${LANGUAGE}-GB`;
