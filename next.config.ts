import type { NextConfig } from 'next';

const config: NextConfig = {
  poweredByHeader: false,
  // Types are checked by `npm test`, with the compiler of the whole project.
  // Next writes what it wants into its own configuration, so it has one apart.
  typescript: { ignoreBuildErrors: true, tsconfigPath: 'app/tsconfig.json' },
  devIndicators: false,
  // The link that the start prints leads there; Next means `localhost` alone.
  allowedDevOrigins: ['127.0.0.1'],
};

export default config;
