/** One page of a list. */
interface Page<Item> {
  readonly body: { items: Item[]; next_cursor?: string | null };
}

/** Every item of every page, from the one that `args.cursor` names on. A page is asked for when it is needed. */
export async function* items<Item, Args extends { cursor?: string | undefined }>(
  list: (args: Args) => Promise<Page<Item>>,
  args: Args,
): AsyncGenerator<Item, void, undefined> {
  for (let next: Args | undefined = args; next; ) {
    const { body }: Page<Item> = await list(next);
    yield* body.items;
    next = typeof body.next_cursor === 'string' ? { ...args, cursor: body.next_cursor } : undefined;
  }
}
