/** What must not be overlooked: that this is not the real Clerk, and that the server refuses the session. */
import type { SessionProblem } from '../session/session-problem.ts';
import { Icon } from '../ui/icons.tsx';

export function StandInBanner() {
  return (
    <aside className="stand-in-banner" aria-label="About this demo">
      <strong>Local stand-in of Clerk:</strong> no passwords, this machine only. For real Clerk, put your keys into{' '}
      <code>examples/clerk-todos/.env</code>.
    </aside>
  );
}

export function RefusalBanner({ problem }: { readonly problem: SessionProblem }) {
  return (
    <div className="refusal" role="alert">
      <Icon name="alert" size={22} />
      <div>
        <strong>{problem.title}</strong>
        {problem.detail && <p className="server-words">{problem.detail}</p>}
        <p>{problem.advice}</p>
        <p>You can go on working: changes are kept on this device until the server accepts them.</p>
      </div>
    </div>
  );
}
