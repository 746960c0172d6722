/** The frame: who is here, how the connection is, and the list. */
import { usesStandIn } from './session/clerk-boundary.tsx';
import { useIdentity } from './session/identity.ts';
import type { Identity } from './session/identity.ts';
import { useLocalDataOwner } from './session/local-data.ts';
import { usePublishedProfile } from './session/publish-profile.ts';
import { useRejectedWriteToasts } from './session/rejected-writes.ts';
import { useSessionProblem } from './session/session-problem.ts';
import { SignInScreen } from './session/sign-in-screen.tsx';
import { useTriplitSession } from './session/triplit-session.ts';
import { UserMenu } from './session/user-menu.tsx';
import { RefusalBanner, StandInBanner } from './status/banners.tsx';
import { ConnectionPill } from './status/connection-pill.tsx';
import { Composer } from './todos/composer.tsx';
import { TodoList } from './todos/todo-list.tsx';
import { usePendingTodoIds } from './todos/use-todos.ts';
import { Toasts } from './ui/toasts.tsx';

export function App() {
  useTriplitSession();
  useRejectedWriteToasts();
  const person = useIdentity();
  return (
    <>
      {usesStandIn && <StandInBanner />}
      {person.status === 'loading' && <p className="starting">Starting …</p>}
      {person.status === 'signed-out' && <SignInScreen />}
      {person.status === 'signed-in' && <Home identity={person.identity} />}
      <Toasts />
    </>
  );
}

function Home({ identity }: { readonly identity: Identity }) {
  usePublishedProfile(identity);
  const isTheirData = useLocalDataOwner() === identity.id;
  const problem = useSessionProblem();
  const unsentChanges = usePendingTodoIds().size;
  return (
    <div className="home">
      <header className="top">
        <div className="brand">
          <img src="/icon.svg" alt="" width={30} height={30} />
          <h1>Clerk todos</h1>
        </div>
        <ConnectionPill unsentChanges={unsentChanges} refused={problem !== undefined} />
        <UserMenu identity={identity} unsentChanges={unsentChanges} />
      </header>
      <main>
        {problem && <RefusalBanner problem={problem} />}
        <Composer ownerId={identity.id} />
        {isTheirData ? <TodoList me={identity.id} /> : <p className="notice">Opening your list …</p>}
      </main>
    </div>
  );
}
