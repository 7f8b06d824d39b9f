import type { GalleryCard, GalleryList, GalleryMethod, GalleryPanelApi, GalleryState } from '../../src/protocol';
import type { Client } from '../../src/rpc';

/** The cards that are there, and the asking for those that are not. */
export interface Loading {
  /** By place in the set; those of another list or method are gone. */
  readonly cards: ReadonlyMap<number, GalleryCard>;
  readonly busy: boolean;
  /** Asks for the first `limit` images of the list, those that are missing. */
  want(state: GalleryState, method: GalleryMethod, limit: number): void;
  cancel(): void;
  /** Asks again for what was cancelled, or failed. */
  goOn(): void;
}

interface Events {
  readonly onChange: () => void;
  readonly fail: (work: Promise<unknown>) => void;
}

export function createLoading(client: Client<GalleryPanelApi>, { onChange, fail }: Events): Loading {
  let cards = new Map<number, GalleryCard>();
  let [asked, of] = ['', ''];
  let work: AbortController | null = null;
  const take = (more: readonly GalleryCard[]): void => {
    for (const card of more) cards.set(card.index, card);
    onChange();
  };
  const ask = async (mine: AbortController, version: number, indices: readonly number[], method: GalleryMethod): Promise<void> => {
    try {
      await client.look({ version, indices, method }, { signal: mine.signal, onProgress: (value) => work === mine && take(value as readonly GalleryCard[]) });
    } catch (error) {
      if (!mine.signal.aborted) throw error;
    } finally {
      if (work === mine) work = null;
      onChange();
    }
  };
  return {
    get cards() {
      return cards;
    },
    get busy() {
      return work !== null;
    },
    want({ list, version, saved }, method, limit) {
      const kind = `${String(version)} ${method}`;
      const key = `${kind} ${String(limit)}`;
      if (key === asked) return;
      work?.abort();
      work = null;
      if (kind !== of) cards = new Map((saved?.cards ?? []).map((card) => [card.index, card]));
      [asked, of] = [key, kind];
      const missing = firstOf(list, limit).filter((index) => !cards.has(index));
      if (!list || missing.length === 0 || saved) return;
      work = new AbortController();
      fail(ask(work, version, missing, method));
    },
    cancel() {
      work?.abort();
    },
    goOn() {
      asked = '';
      onChange();
    },
  };
}

/** The images of a list that are looked at, in its order. */
export function firstOf(list: GalleryList | null, limit: number): readonly number[] {
  return list ? [...list.indices.subarray(0, limit)] : [];
}
