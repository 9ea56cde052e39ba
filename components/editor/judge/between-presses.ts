/**
 * Says things only while no button of the pointer is down. What is wrong stands between the fields of a form: if it
 * came between press and release, the switch would have moved away from under the pointer, and the click be lost.
 */
export function betweenPresses(window: Pick<Window, 'addEventListener' | 'removeEventListener'>) {
  let isPressed = false;
  let waiting: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const press = () => {
    isPressed = true;
    clearTimeout(timer);
  };
  // The click comes after the release, within the same turn.
  const release = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      isPressed = false;
      waiting?.();
      waiting = undefined;
    });
  };
  window.addEventListener('pointerdown', press, true);
  for (const end of ENDS) window.addEventListener(end, release, true);

  return {
    say(tell: () => void): void {
      if (isPressed) waiting = tell;
      else tell();
    },
    stop(): void {
      clearTimeout(timer);
      window.removeEventListener('pointerdown', press, true);
      for (const end of ENDS) window.removeEventListener(end, release, true);
    },
  };
}

// A drag of files or of text takes the pointer's end away; leaving the window does so in some browsers.
const ENDS = ['pointerup', 'pointercancel', 'dragend', 'blur'] as const;
