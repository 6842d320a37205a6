export type Route = 'chats' | 'people' | 'files' | 'settings';

const routes: readonly Route[] = ['chats', 'people', 'files', 'settings'];

/** The view on screen, kept in the address after `#/` so that history and tests can name it. */
class Router {
  route = $state<Route>(parse(window.location.hash));

  constructor() {
    window.addEventListener('hashchange', () => {
      this.route = parse(window.location.hash);
    });
  }

  href(route: Route): string {
    return route === 'chats' ? '#/chats/everyone' : `#/${route}`;
  }

  go(route: Route): void {
    window.location.hash = this.href(route);
  }
}

function parse(hash: string): Route {
  const name = hash.replace(/^#\//u, '').split(/[/?]/u)[0];
  return routes.find((route) => route === name) ?? 'chats';
}

export const router = new Router();
