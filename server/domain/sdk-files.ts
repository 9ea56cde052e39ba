/** The files in which a server hands out its own SDKs, each at `/sdk/<name>`. A test holds the names to the packages. */
export const SDK_FILES = {
  typescript: 'signalbox-sdk.tgz',
  /** Installers of Python read the version from the name, so it has to be there. */
  python: 'signalbox-0.1.0-py3-none-any.whl',
} as const;

/** What fetches it from a server, into the folder that one is in, and makes it ready to be imported there. */
export const SDK_INSTALL = {
  // From the file: newer npm takes nothing from an address unless it is told to, and a file is still there tomorrow.
  typescript: (url: string): string =>
    `curl -fsSO ${url}/sdk/${SDK_FILES.typescript}\nnpm install --no-audit ./${SDK_FILES.typescript}`,
  // Unpacked beside the program: many machines have Python without pip, or with one that may not install.
  python: (url: string): string =>
    `curl -fsSO ${url}/sdk/${SDK_FILES.python}\npython3 -m zipfile -e ${SDK_FILES.python} .`,
} as const;
