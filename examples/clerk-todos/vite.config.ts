import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the local stand-in of Clerk listens; `npm run demo` sets it. Unused with real Clerk keys. */
const standInUrl = process.env.CLERK_STAND_IN_URL ?? 'http://127.0.0.1:6544';

export default defineConfig({
  plugins: [react()],
  clearScreen: false,
  server: { proxy: { '/fapi': standInUrl } },
  preview: { proxy: { '/fapi': standInUrl } },
  // The Triplit packages are part of this repository, so what was prepared at the last start may be out of date.
  optimizeDeps: {
    include: [
      '@clerk/react',
      '@clerk/clerk-js/no-rhc',
      '@triplit/client',
      '@triplit/react',
      'react',
      'react-dom/client',
    ],
    force: true,
  },
  build: { target: 'es2022', chunkSizeWarningLimit: 1200 },
});
