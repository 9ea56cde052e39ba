import type { NextConfig } from 'next';

const config: NextConfig = {
  poweredByHeader: false,
  // Types are checked by `npm test`, with the compiler of the whole project.
  typescript: { ignoreBuildErrors: true },
  devIndicators: false,
};

export default config;
