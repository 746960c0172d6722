import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the local stand-in of Clerk listens; `npm run demo` sets it. Unused with real Clerk keys. */
const standInUrl = process.env.CLERK_STAND_IN_URL ?? 'http://127.0.0.1:6544';

export default defineConfig({
  plugins: [react()],
  clearScreen: false,
  server: { proxy: { '/fapi': standInUrl } },
  preview: { proxy: { '/fapi': standInUrl } },
  optimizeDeps: { include: ['@clerk/react', '@clerk/clerk-js/no-rhc', 'react', 'react-dom/client'] },
  build: { target: 'es2022', chunkSizeWarningLimit: 1200 },
});
