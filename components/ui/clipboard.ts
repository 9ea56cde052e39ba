/** What a browser has for copying: the newer way only on pages that came by TLS or from this machine. */
interface Means {
  write?: ((text: string) => Promise<void>) | undefined;
  command(text: string): boolean;
}

/** Whether it is in the clipboard now: whoever asked has to be told when it is not. */
export async function copyText(text: string, means: Means = meansOfPage()): Promise<boolean> {
  try {
    if (means.write) {
      await means.write(text);
      return true;
    }
  } catch {
    // Forbidden here, or the window has not the focus: the older way may be allowed.
  }
  return means.command(text);
}

/** What the clipboard holds, if the browser lets a page see it. */
export async function readCopied(): Promise<string | undefined> {
  try {
    return await clipboard()?.readText();
  } catch {
    return undefined;
  }
}

// biome-ignore lint/style/noRestrictedGlobals: where it is missing, this file has another way
const clipboard = (): Clipboard | undefined => navigator.clipboard;

function meansOfPage(): Means {
  const api = clipboard();
  return { write: api && ((text) => api.writeText(text)), command: copyByCommand };
}

/** The way of old. Browsers copy only what is marked, so something is, and without the focus: a dialog would take that back. */
function copyByCommand(text: string): boolean {
  const marked = document.createElement('span');
  marked.textContent = text;
  Object.assign(marked.style, { position: 'fixed', opacity: '0', whiteSpace: 'pre', userSelect: 'text' });
  const selection = document.getSelection();
  const before = selection && selection.rangeCount > 0 ? selection.getRangeAt(0) : undefined;
  document.body.append(marked);
  const give = (event: ClipboardEvent) => {
    event.stopImmediatePropagation();
    event.preventDefault();
    event.clipboardData?.setData('text/plain', text);
  };
  document.addEventListener('copy', give, { capture: true });
  try {
    selection?.selectAllChildren(marked);
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    document.removeEventListener('copy', give, { capture: true });
    marked.remove();
    selection?.removeAllRanges();
    if (before) selection?.addRange(before);
  }
}
