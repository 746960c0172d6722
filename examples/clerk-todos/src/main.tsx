/** Starts the app: Clerk around it, styles, and the worker that keeps the app for times without a network. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { keepAppForOfflineUse } from './keep-app-for-offline-use.ts';
import { ClerkBoundary, loadStandInClerk } from './session/clerk-boundary.tsx';
import './styles/base.css';
import './styles/frame.css';
import './styles/todos.css';
import './styles/overlays.css';

const standInClerk = await loadStandInClerk();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <ClerkBoundary standInClerk={standInClerk}>
      <App />
    </ClerkBoundary>
  </StrictMode>,
);

keepAppForOfflineUse();
