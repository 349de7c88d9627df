/** Where Swagger UI shows something else than it would by itself. */

interface Answer {
  content: unknown;
  contentType?: string;
}

type Component<Props> = (props: Props) => unknown;

interface System {
  React: { createElement: <Props>(type: string | Component<Props>, props: Props | null, ...children: unknown[]) => unknown };
}

export const plugin = {
  wrapComponents: {
    /** There is one server, the one that the docs are from. */
    ServersContainer: () => () => null,

    /** An operation's name is in a button, which may hold no link. */
    DeepLink:
      (_: unknown, { React }: System) =>
      ({ text }: { text: unknown }) =>
        React.createElement('span', null, text),

    /** Below a problem: what it means. */
    responseBody: (Body: Component<Answer>, { React }: System) => (answer: Answer) => {
      const href = meaningOf(answer);
      const link = href && React.createElement('a', { className: 'meaning', href }, 'What this problem means');
      return React.createElement('div', null, React.createElement(Body, answer), link);
    },
  },
};

function meaningOf({ content, contentType }: Answer): string | undefined {
  if (typeof content !== 'string' || !contentType?.startsWith('application/problem+json')) {
    return undefined;
  }
  try {
    const { type, status } = JSON.parse(content);
    return type === 'about:blank' ? `/docs/problems#status-${status}` : new URL(type, location.origin).href;
  } catch {
    return undefined;
  }
}
