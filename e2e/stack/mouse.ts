import type { Locator, Page } from 'playwright-core';

/** What a hand does with a mouse that has no word of its own. */

export interface Point {
  x: number;
  y: number;
}

export async function boxOf(place: Locator): Promise<Point & { width: number; height: number }> {
  const box = await place.boundingBox();
  if (!box) throw new Error('It is not on the page.');
  return box;
}

export async function middleOf(place: Locator): Promise<Point> {
  const { x, y, width, height } = await boxOf(place);
  return { x: x + width / 2, y: y + height / 2 };
}

export async function drag(page: Page, from: Point, to: Point): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
}

const FRAMES_AT_REST = 5;

/** What moves by itself has come to rest: so many frames on it stands where it stood. */
export async function atRest(place: Locator): Promise<void> {
  await place.evaluate(async (element, frames) => {
    const where = () => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return [x, y, width, height].join(' ');
    };
    let stood = where();
    for (let still = 0; still < frames; ) {
      await new Promise(requestAnimationFrame);
      const stands = where();
      still = stands === stood ? still + 1 : 0;
      stood = stands;
    }
  }, FRAMES_AT_REST);
}
